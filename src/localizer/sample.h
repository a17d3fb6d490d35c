#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "generation/text_generator.h"
#include "geo/lat_lng.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"

namespace gre {

// What the embedded model says of the photo itself, in its first step.
enum class PhotoKindStatement { kNone, kStreetLevel, kOrdinary };

// One completion, read.
struct Sample {
  AnswerStatus status = AnswerStatus::kUnparsed;
  std::optional<LatLng> point;  // set exactly when status is kParsed
  std::string reason;           // one line, why there is no point
  std::string country_code;     // that the point is counted to; empty on the high sea
  Chain chain;
  std::string text;                            // the raw reply
  std::optional<double> mean_log_probability;  // a token, where the engine tells
  PhotoKindStatement photo_kind = PhotoKindStatement::kNone;
};

// Reads a reply with the answer parser and the chain parser. A reply that a content filter ended
// and a placeholder (0, 0 beside words that decline) count as refusals; a cancelled one is
// unparsed.
Sample ReadSample(const Completion& completion);
std::vector<Sample> ReadSamples(std::span<const Completion> completions);

}  // namespace gre
