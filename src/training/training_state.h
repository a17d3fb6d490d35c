#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "training/adamw.h"

namespace gre {

// Where a run stands, beside its tensors. Randomness and data order derive from (seed, epoch,
// step), so this is all that a resumed run needs to continue bit for bit.
struct TrainingPosition {
  // What influences the weights, "key = value" a line; files and records by what they hold.
  std::string settings;
  int64_t epoch = 0;  // of the next step
  int64_t step_in_epoch = 0;
  double best_score = -1;  // on dev; -1 before the first evaluation
  int64_t best_epoch = -1;
  std::map<std::string, double> more = {};  // what a kind of training adds
};

// Writes weights, moments, averages and the position to `directory`/step_N: first into a temporary
// folder, then renamed, so that a checkpoint is whole or absent; a SHA-256 of the tensors guards
// it. Older checkpoints beyond `keep` are removed.
Status SaveTrainingState(const std::string& directory, const TrainingPosition& position,
                         int64_t steps, std::span<const TrainedParameter> parameters, int keep);

// A line of TrainingPosition::settings for something too long to be told: the start of its SHA-256.
std::string ContentsSetting(std::string_view of, std::string_view contents);

// Whether `directory` holds a checkpoint.
bool HasTrainingState(const std::string& directory);

// Loads the newest checkpoint into the optimiser's tensors (in place: the network sees them).
// Parameters that another process steps get their values only. nullopt when there is none; an error
// for a damaged one, and for one of other settings, which names those that differ with their
// values.
Result<std::optional<TrainingPosition>> LoadTrainingState(const std::string& directory,
                                                          const std::string& settings,
                                                          AdamW& optimiser);

}  // namespace gre
