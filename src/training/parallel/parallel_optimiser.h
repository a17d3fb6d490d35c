#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "training/adamw.h"
#include "training/parallel/collective.h"
#include "training/parallel/gradient_sum.h"
#include "training/training_state.h"

namespace gre {

// AdamW of several processes that hold the same weights: gradients are added, each process keeps
// the moments of a part of the parameters and steps that part, and the new values go to all (ZeRO
// stage 1, arXiv 1910.02054, section 5). Alone it is AdamW. Calls with an Error or a Result are
// made by all processes together.
class ParallelOptimiser {
 public:
  // `collective` must outlive this object.
  ParallelOptimiser(Collective& collective, const AdamWOptions& options,
                    std::vector<TrainedParameter> parameters);

  // In the last backward of an update: the gradients of a decoder layer are final.
  void LayerDone(int64_t layer) { gradients_.LayerDone(layer); }
  // Ends the backwards of an update: adds the gradients, and `values` with them.
  Status AddUp(std::span<double> values);
  // One update with the added gradients; see AdamW::Step.
  Result<double> Step(double learning_rate);

  [[nodiscard]] int64_t steps() const { return optimiser_.steps(); }
  [[nodiscard]] const std::vector<TrainedParameter>& parameters() const {
    return optimiser_.parameters();
  }

  // A checkpoint as one process writes it; the leader writes, all learn how it went.
  Status Save(const std::string& directory, const TrainingPosition& position, int keep);
  Result<std::optional<TrainingPosition>> Load(const std::string& directory,
                                               const std::string& settings);
  // An error where processes would begin from different settings, records, precision or updates.
  Status BeginTogether(const std::string& settings);

 private:
  Status ShareValues();
  // The leader's copy of everything; elsewhere what this process has.
  Result<std::vector<TrainedParameter>> Collect();

  Collective& collective_;
  std::vector<int> steppers_;  // of each parameter, a rank
  AdamW optimiser_;
  GradientSum gradients_;
};

}  // namespace gre
