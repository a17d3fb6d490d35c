#include "generation/scripted_generator.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "generation/sampling.h"
#include "generation/stop_matcher.h"

namespace gre {
namespace {

// Bytes of the character that starts with `lead`; text from scripts is valid UTF-8.
size_t CharacterLength(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

}  // namespace

ScriptedGenerator::ScriptedGenerator(Script script, EngineInfo info)
    : script_(std::move(script)), info_(std::move(info)) {}

std::vector<Result<GenerationResult>> ScriptedGenerator::Generate(
    std::span<const GenerationRequest> requests, const StreamCallback& stream,
    const CancellationToken& cancellation) {
  std::vector<Result<GenerationResult>> results;
  results.reserve(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    requests_.push_back(requests[i]);
    results.push_back(Answer(requests[i], i, stream, cancellation));
  }
  return results;
}

Result<GenerationResult> ScriptedGenerator::Answer(const GenerationRequest& request,
                                                   size_t request_index,
                                                   const StreamCallback& stream,
                                                   const CancellationToken& cancellation) const {
  GRE_RETURN_IF_ERROR(ValidateRequest(request));
  GenerationResult result;
  for (int sample = 0; sample < request.num_samples; ++sample) {
    GRE_ASSIGN_OR_RETURN(const std::string text, script_(request, sample));
    StopMatcher stops(request.sampling.stop);
    Completion completion;
    const auto release = [&](std::string_view piece) {
      if (piece.empty()) return;
      completion.text += piece;
      if (stream) stream({request_index, sample, piece});
    };
    size_t at = 0;
    while (at < text.size() && !stops.matched() && !cancellation.IsCancelled()) {
      const size_t length = std::min(CharacterLength(text[at]), text.size() - at);
      release(stops.Push(std::string_view(text).substr(at, length)));
      at += length;
    }
    release(stops.Flush());
    if (stops.matched()) {
      completion.finish_reason = FinishReason::kStopText;
    } else if (at < text.size()) {
      completion.finish_reason = FinishReason::kCancelled;
    }
    result.completions.push_back(std::move(completion));
  }
  return result;
}

}  // namespace gre
