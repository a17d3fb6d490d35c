#include "localizer/sample.h"

#include <numeric>

#include "knowledge/place_namer.h"

namespace gre {
namespace {

PhotoKindStatement StatedPhotoKind(const Chain& chain) {
  for (const ChainStep& step : chain) {
    if (step.indicator == Indicator::kPhotoKind && step.inference) {
      return step.inference->find("survey camera") != std::string::npos
                 ? PhotoKindStatement::kStreetLevel
                 : PhotoKindStatement::kOrdinary;
    }
  }
  return PhotoKindStatement::kNone;
}

}  // namespace

Sample ReadSample(const Completion& completion) {
  Sample sample;
  sample.text = completion.text;
  sample.chain = ParseChain(completion.text);
  sample.photo_kind = StatedPhotoKind(sample.chain);
  if (!completion.logprobs.empty()) {
    sample.mean_log_probability =
        std::accumulate(completion.logprobs.begin(), completion.logprobs.end(), 0.0) /
        static_cast<double>(completion.logprobs.size());
  }
  if (completion.finish_reason == FinishReason::kRefused) {
    sample.status = AnswerStatus::kRefused;
    sample.reason = "the service declined the request";
    return sample;
  }
  if (completion.finish_reason == FinishReason::kCancelled) {
    sample.reason = "the reply was cut off";
    return sample;
  }
  const ParsedAnswer answer = ParseReply(
      completion.text, {.accept_open_block = completion.finish_reason == FinishReason::kStop ||
                                             completion.finish_reason == FinishReason::kStopText});
  sample.status = answer.status;
  sample.reason = answer.reason;
  if (answer.placeholder_suspected) {
    sample.status = AnswerStatus::kRefused;
    sample.reason = "the reply gives 0, 0 in place of an answer";
  } else if (answer.point) {
    sample.point = answer.point;
    sample.country_code = CountryCodeAt(*answer.point);
  }
  return sample;
}

std::vector<Sample> ReadSamples(std::span<const Completion> completions) {
  std::vector<Sample> samples;
  samples.reserve(completions.size());
  for (const Completion& completion : completions) {
    samples.push_back(ReadSample(completion));
  }
  return samples;
}

}  // namespace gre
