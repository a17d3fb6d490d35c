#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "geo/lat_lng.h"
#include "model/vision_language_model.h"

namespace gre {

// What one record teaches: to answer an instruction about a photo with a reply.
struct ReplyExample {
  std::string place;  // FILE:LINE
  std::string photo;  // path
  std::string instruction;
  std::string reply;
  std::optional<LatLng> truth = {};
};

// The records that could not be used, by reason, with the first of them in words.
struct LeftOutRecords {
  std::map<std::string, int64_t> counts;
  std::vector<std::string> examples;

  void Add(const std::string& reason, const std::string& place);
};

// Reads the records of any conversation format (dataset/import). `root`: where photos are looked
// for, "" beside the file; `instruction` is that of records which bring none. Records without a
// photo or a reply are left out and counted.
Result<std::vector<ReplyExample>> ReadReplyExamples(const std::string& source,
                                                    const std::string& root,
                                                    const std::string& instruction,
                                                    LeftOutRecords& left_out,
                                                    const CancellationToken& cancellation);

// A prompt and its reply as the model reads them.
struct EncodedExample {
  EncodedPrompt prompt;
  std::vector<int32_t> reply;  // ends with the token that ends a turn
};
Result<EncodedExample> EncodeExample(const VisionLanguageModel& model, const ReplyExample& example);

// How long the examples are, from a pass over all of them; the unreadable ones and those longer
// than `cutoff_tokens` are taken out and counted.
struct ExampleLengths {
  int64_t prompt_tokens = 0, reply_tokens = 0;  // sums
  int64_t longest = 0;                          // prompt and reply
};
Result<ExampleLengths> CheckExamples(const VisionLanguageModel& model, int64_t cutoff_tokens,
                                     std::vector<ReplyExample>& examples, LeftOutRecords& left_out,
                                     const CancellationToken& cancellation);

}  // namespace gre
