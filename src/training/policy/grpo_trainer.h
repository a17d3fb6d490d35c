#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/training_call.h"
#include "generation/training_outcome.h"

namespace gre {

// Reinforcement learning by group-relative advantages (GRPO, arXiv 2402.03300; GRE's stages I and
// II, arXiv 2505.18700, section 4) as the recipe says (GrpoConfig): draws G completions of each
// prompt with an engine on the very weights that learn, scores them, and updates. Below
// checkpoint.directory: step_N/ and log.jsonl as in RunTuning, best/ the newest adapter,
// rollouts.jsonl the first group of each update. Interrupted or killed, a run goes on with
// `resume`, bit for bit on one machine with equal threads. A gradient that is not finite ends the
// run with the last good state; kCancelled after a checkpoint when `cancellation` fires.
Result<TrainingOutcome> RunGrpo(const TrainingCall& call, const CancellationToken& cancellation);

}  // namespace gre
