#include "engine/local_engine.h"

#include <utility>

#include <ATen/core/grad_mode.h>

#include "engine/generation_run.h"
#include "engine/memory.h"

namespace gre {

LocalEngine::LocalEngine(std::shared_ptr<const VisionLanguageModel> model, EngineInfo info,
                         const LocalEngineLimits& limits)
    : model_(std::move(model)), info_(std::move(info)), limits_(limits) {
  if (limits_.kv_memory_bytes == 0) {
    limits_.kv_memory_bytes = FreeMemoryBytes(model_->spec().device) / 2;
  }
}

std::vector<Result<GenerationResult>> LocalEngine::Generate(
    std::span<const GenerationRequest> requests, const StreamCallback& stream,
    const CancellationToken& cancellation) {
  const at::NoGradGuard no_grad;
  return GenerationRun(*model_, limits_, requests, stream, cancellation).Run();
}

}  // namespace gre
