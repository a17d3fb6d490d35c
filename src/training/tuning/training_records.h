#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "geo/lat_lng.h"
#include "model/vision_language_model.h"
#include "reasoning/prompt_template.h"

namespace gre {

// A photo, what is asked about it, and what is known of the right answer.
struct TrainingRecord {
  int64_t number = 0;                // among the records that were read, from 1
  std::string place;                 // FILE:LINE
  std::string photo;                 // path
  RenderedPrompt instruction;        // what is asked
  std::string reply = {};            // what supervised fine-tuning teaches
  std::optional<bool> label = {};    // of Judge: whether the judged answer is right
  std::optional<LatLng> point = {};  // where the photo was taken
  std::string country_code = {};     // "" unknown
};

// What a kind of training needs of its records.
enum class RecordNeed {
  kReply,    // supervised: a chain, or a verdict
  kAnswer,   // supervised: any answer, coordinates without a chain too
  kVerdict,  // stage I: a label
  kPlace,    // stage II: a point or a country
};

// The records that could not be used, by reason, with the first of them in words.
struct LeftOutRecords {
  std::map<std::string, int64_t> counts;
  std::vector<std::string> examples;

  void Add(const std::string& reason, const std::string& place);
};

// Reads the records of any conversation format (dataset/import). `root`: where photos are looked
// for, "" beside the file; `instruction` is that of records which bring none. A Judge record asks
// its own question, with the chain behind it where the file keeps that apart, and its reply is
// "<answer>True</answer>" or "<answer>False</answer>". Records without a photo or what `need` says
// are left out and counted.
Result<std::vector<TrainingRecord>> ReadTrainingRecords(const std::string& source,
                                                        const std::string& root,
                                                        const RenderedPrompt& instruction,
                                                        RecordNeed need, LeftOutRecords& left_out,
                                                        const CancellationToken& cancellation);

// A prompt and its reply as the model reads them.
struct EncodedRecord {
  EncodedPrompt prompt;
  std::vector<int32_t> reply;  // ends with the token that ends a turn
};
Result<EncodedRecord> EncodeRecord(const VisionLanguageModel& model, const TrainingRecord& record);

// The same prompt for an engine; the request is named after the record's number.
Result<GenerationRequest> MakeRequest(const TrainingRecord& record, const SamplingOptions& sampling,
                                      int num_samples);

// How long the records are, from a pass over all of them; the unreadable ones and those longer
// than `cutoff_tokens` are taken out and counted. `completion_tokens` stands for the reply's length
// where replies are drawn; 0: the record's own counts.
struct RecordLengths {
  int64_t prompt_tokens = 0, reply_tokens = 0;  // sums
  int64_t longest = 0;                          // prompt and reply
};
Result<RecordLengths> CheckRecords(const VisionLanguageModel& model, int64_t cutoff_tokens,
                                   int64_t completion_tokens, std::vector<TrainingRecord>& records,
                                   LeftOutRecords& left_out, const CancellationToken& cancellation);

}  // namespace gre
