#pragma once

#include <cstdint>
#include <memory>

#include "generation/text_generator.h"
#include "model/vision_language_model.h"

namespace gre {

struct LocalEngineLimits {
  // Keys and values of all running requests together; further requests wait. 0 = half of the memory
  // that is free when the engine is made.
  int64_t kv_memory_bytes = 0;
  int64_t max_prompt_tokens_per_step = 2048;  // longer prompts are prefilled in several steps
  int max_running_samples = 64;               // over all requests; a request with more runs alone
};

// Generates with a model in this process. Requests run together: every step is one flat pass over
// the next token of each live sample and the prompts just admitted. A request's images are encoded
// and its prompt is prefilled once for all its samples; a sample that ends leaves the batch at
// once. Exceptions of LibTorch become errors of the requests they hit.
class LocalEngine final : public TextGenerator {
 public:
  LocalEngine(std::shared_ptr<const VisionLanguageModel> model, EngineInfo info,
              const LocalEngineLimits& limits = {});

  std::vector<Result<GenerationResult>> Generate(std::span<const GenerationRequest> requests,
                                                 const StreamCallback& stream,
                                                 const CancellationToken& cancellation) override;
  [[nodiscard]] const EngineInfo& info() const override { return info_; }

 private:
  std::shared_ptr<const VisionLanguageModel> model_;
  EngineInfo info_;
  LocalEngineLimits limits_;
};

}  // namespace gre
