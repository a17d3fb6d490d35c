#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/local_engine.h"
#include "engine/running_request.h"

namespace gre {

// One call of LocalEngine::Generate: admits requests while memory allows, steps the running ones
// together, collects results. Refers to its arguments.
class GenerationRun {
 public:
  GenerationRun(const VisionLanguageModel& model, const LocalEngineLimits& limits,
                std::span<const GenerationRequest> requests, const StreamCallback& stream,
                const CancellationToken& cancellation);

  std::vector<Result<GenerationResult>> Run();

 private:
  // Prepares and starts waiting requests, in order, until one does not fit beside the running ones.
  void Admit();
  // Whether a prepared request fits now.
  [[nodiscard]] bool Fits(const RunningRequest& request) const;
  // One pass of the model for everything that runs. A failure ends the requests whose prompts were
  // in the pass, or, without any, all running ones.
  void Step();
  void FinishCancelled();
  void Finish(const RunningRequest& request, Result<GenerationResult> result);
  void RemoveFinished();

  const VisionLanguageModel& model_;
  const LocalEngineLimits& limits_;
  std::span<const GenerationRequest> requests_;
  const StreamCallback& stream_;
  const CancellationToken& cancellation_;

  size_t next_request_ = 0;                   // the first that is not prepared yet
  std::unique_ptr<RunningRequest> prepared_;  // waits for memory
  std::vector<std::unique_ptr<RunningRequest>> running_;
  std::vector<std::optional<Result<GenerationResult>>> results_;
  std::vector<SamplingWorkspace> workspaces_;  // one a thread
};

}  // namespace gre
