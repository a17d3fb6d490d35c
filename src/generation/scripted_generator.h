#pragma once

#include <functional>
#include <string>
#include <vector>

#include "generation/text_generator.h"

namespace gre {

// A TextGenerator that answers from a script: the fake behind tests of everything that needs a
// language model. Checks requests, streams, stops and cancels as real engines do; counts no tokens.
class ScriptedGenerator final : public TextGenerator {
 public:
  // The full text of one sample before stop texts, or the error of its whole request.
  using Script = std::function<Result<std::string>(const GenerationRequest&, int sample_index)>;

  explicit ScriptedGenerator(Script script,
                             EngineInfo info = {EngineKind::kScripted, "scripted", {}});

  // Streams one character a piece, the samples of a request in turn. Cancellation is looked at
  // before every character.
  std::vector<Result<GenerationResult>> Generate(std::span<const GenerationRequest> requests,
                                                 const StreamCallback& stream,
                                                 const CancellationToken& cancellation) override;

  [[nodiscard]] const EngineInfo& info() const override { return info_; }
  // Every request so far, in order.
  [[nodiscard]] const std::vector<GenerationRequest>& requests() const { return requests_; }

 private:
  Result<GenerationResult> Answer(const GenerationRequest& request, size_t request_index,
                                  const StreamCallback& stream,
                                  const CancellationToken& cancellation) const;

  Script script_;
  EngineInfo info_;
  std::vector<GenerationRequest> requests_;
};

}  // namespace gre
