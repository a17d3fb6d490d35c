#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "model/vision_language_model.h"
#include "rewards/reward_function.h"
#include "training/tuning/training_records.h"

namespace gre {

// The completions of one prompt with what they earned.
struct RolloutGroup {
  const TrainingRecord* record = nullptr;
  EncodedPrompt prompt;
  bool here = true;  // drawn by this process, which trains on it; else there is no prompt
  std::vector<Completion> completions;  // G
  std::vector<RewardParts> parts;
  std::vector<double> rewards;     // weighted
  std::vector<double> advantages;  // filled by the trainer
  std::string adapter = {};        // that wrote them, of a server; "" in this process
};

// Whether all its rewards are equal, so that none is better than another.
bool IsFlat(const RolloutGroup& group);

// A record as an epoch draws it; within an epoch each record is drawn once.
struct PromptDraw {
  const TrainingRecord* record = nullptr;
  int64_t epoch = 0;
};

struct RolloutOptions {
  int group_size = 8;
  SamplingOptions sampling;  // its seed: of this update
};

// Truth of a record; the places of a country belong to the callee.
using TruthOf = std::function<RewardTruth(const TrainingRecord& record)>;

// Draws a group of completions for each record and scores them. Requests are named after record and
// epoch, so that a group depends on those and the seed, not on its company. An error when a request
// fails or an engine does not tell its tokens.
Result<std::vector<RolloutGroup>> DrawGroups(TextGenerator& generator,
                                             const VisionLanguageModel& model,
                                             std::span<const PromptDraw> draws,
                                             const RolloutOptions& options, const TruthOf& truth,
                                             double theta_km, const RewardParts& weights,
                                             const CancellationToken& cancellation);

}  // namespace gre
