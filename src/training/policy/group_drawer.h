#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "geo/lat_lng.h"
#include "model/vision_language_model.h"
#include "training/parallel/collective.h"
#include "training/policy/grpo_config.h"
#include "training/policy/rollouts.h"
#include "training/training_state.h"
#include "training/tuning/training_records.h"

namespace gre {

// What an update learns from.
struct DrawnGroups {
  std::vector<RolloutGroup> groups;  // of all processes, the same everywhere
  int64_t drawn = 0;                 // with those that were replaced
  int64_t flat = 0;                  // of them without spread
};

// Draws the prompts of updates in the epochs' order and has them answered: prompts go round among
// the processes, who drew a group trains on it, and all hear of it. Not thread-safe; what it is
// given must outlive it.
class GroupDrawer {
 public:
  // `places`: of countries, for records whose truth is one.
  GroupDrawer(const GrpoConfig& config, const VisionLanguageModel& model, TextGenerator& generator,
              Collective& collective, std::vector<TrainingRecord> records,
              std::map<std::string, std::vector<LatLng>> places);

  [[nodiscard]] const std::vector<TrainingRecord>& records() const { return records_; }
  [[nodiscard]] const std::map<std::string, std::vector<LatLng>>& places() const { return places_; }

  // The groups of update `update` (from 0), from `position` on, which is moved. Some of those
  // without spread are replaced where the recipe says so.
  Result<DrawnGroups> Draw(int64_t update, double theta_km, TrainingPosition& position,
                           const CancellationToken& cancellation);

 private:
  PromptDraw NextPrompt(TrainingPosition& position);
  Result<std::vector<RolloutGroup>> DrawPrompts(size_t prompts, int64_t update, double theta_km,
                                                TrainingPosition& position,
                                                const CancellationToken& cancellation);

  const GrpoConfig& config_;
  const VisionLanguageModel& model_;
  TextGenerator& generator_;
  Collective& collective_;
  std::vector<TrainingRecord> records_;
  std::map<std::string, std::vector<LatLng>> places_;
  std::vector<size_t> order_;  // of the records in epoch order_epoch_
  int64_t order_epoch_ = -1;
};

}  // namespace gre
