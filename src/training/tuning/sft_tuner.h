#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/training_call.h"
#include "generation/training_outcome.h"

namespace gre {

// Fine-tunes any vision-language model that the engine loads on records of photo, instruction and
// reply, as the recipe says (TuningConfig): with LoRA, or its weights. Below checkpoint.directory:
//   step_N/      checkpoints; an interrupted or killed run goes on from the newest with `resume`,
//                bit for bit on one machine with equal threads
//   best/        the adapter of the lowest dev loss (without dev: the newest) as PEFT reads it,
//                or the whole model
//   log.jsonl    one JSON line an update and an evaluation
// The loss is the mean over the replies' tokens of a whole update. kCancelled after a checkpoint
// when `cancellation` fires. A gradient that is not finite ends the run with the last good state.
Result<TrainingOutcome> RunTuning(const TrainingCall& call, const CancellationToken& cancellation);

// Whether a recipe is one of RunTuning: it names model.base.
Result<bool> IsTuningRecipe(const TrainingCall& call);

}  // namespace gre
