#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "rewards/advantages.h"
#include "rewards/reward_function.h"
#include "rewards/theta_curriculum.h"
#include "training/policy/rollout_config.h"
#include "training/policy_loss.h"
#include "training/tuning/tuning_config.h"

namespace gre {

// The settings of `gre train grpo`; recipes/grpo-lora.toml explains each.
struct GrpoConfig {
  // Its optim.batch_size counts prompts an update, its optim.micro_batch_size groups a pass.
  TuningConfig tuning;

  std::string stage;    // "judge" (I) or "place" (II); required
  int64_t updates = 0;  // of the whole run; required
  int group_size = 8;   // completions of a prompt, G
  double temperature = 1;
  int top_k = 0;  // 0 = off; VLM-R1 samples with 50 without saying so
  double top_p = 1;
  int max_new_tokens = 512;
  std::string loss = "dapo";         // "grpo", "bnpo", "dr_grpo", "dapo"
  std::string importance = "token";  // "token" or "sequence" (GSPO)
  std::string scale = "group";       // "group", "batch" or "none"
  double epsilon_low = 0.2, epsilon_high = 0.2;
  double beta = 0;              // of the KL to the reference: adapters switched off, or a copy
  int iterations = 1;           // updates a rollout
  bool mask_truncated = false;  // leave out completions that the length cut
  int resample = 0;             // further prompts an update may draw for groups without spread
  RewardParts weights;
  double theta_km = 0;  // of the distance reward; required where its weight is not 0
  ThetaCurriculum::Settings curriculum;
  std::string gallery;  // LAT,LON lines: places of countries, where truths are countries
  int places_per_country = 256;
  RolloutConfig rollouts;

  static Result<GrpoConfig> Load(const std::string& path,
                                 const std::vector<std::string>& overrides);
  [[nodiscard]] PolicyLossOptions loss_options() const;
  [[nodiscard]] AdvantageScale advantage_scale() const;
  [[nodiscard]] std::string Describe() const;
  [[nodiscard]] std::string Fingerprint() const;

 private:
  [[nodiscard]] std::string Own() const;  // the settings beside those of `tuning`
};

}  // namespace gre
