#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/training_call.h"
#include "generation/training_outcome.h"

namespace gre {

// Trains gre-nano by supervised fine-tuning as the recipe says (recipes/nano.toml). The best
// weights on dev are kept as a complete model directory in checkpoint.directory/best, one JSON line
// an epoch in checkpoint.directory/log.jsonl. Can be interrupted at any moment: `resume` continues
// from the newest checkpoint, bit for bit on one machine with equal threads. Without `resume`, a
// directory that holds checkpoints is refused. kCancelled after a checkpoint when `cancellation`
// fires.
Result<TrainingOutcome> RunSft(const TrainingCall& call, const CancellationToken& cancellation);

}  // namespace gre
