#pragma once

#include <string>
#include <vector>

#include "training/policy/grpo_config.h"
#include "training/tuning/tuning_config.h"

namespace gre {

// How a recipe's settings are called in other engines. Pure.

struct EngineSetting {
  std::string key;
  std::string value;    // as the engine's file writes it
  std::string meaning;  // with the recipe's own key
};

struct EngineSettings {
  std::vector<EngineSetting> settings;
  std::vector<std::string> without;  // settings that the engine has no equivalent of, and why
};

// LLaMA-Factory's YAML.
EngineSettings LlamaFactorySettings(const TuningConfig& config);
// TRL's SFTConfig and GRPOConfig, with PEFT's LoraConfig under "peft_…" keys.
EngineSettings TrlSftSettings(const TuningConfig& config);
EngineSettings TrlGrpoSettings(const GrpoConfig& config);
// Hydra overrides of verl.trainer.main_ppo.
EngineSettings VerlSettings(const GrpoConfig& config);

}  // namespace gre
