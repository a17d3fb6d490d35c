#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.h"
#include "model/lora/peft_adapter.h"

namespace gre {

// A LoRA that is to be trained. Defaults: the seven projections of the language model's layers.
struct LoraSettings {
  int64_t rank = 8;
  double alpha = 16;
  bool rank_stabilised = false;  // rsLoRA: scaling alpha / sqrt(rank)
  double dropout = 0;            // of the adapters' inputs, in training
  // Last parts of module paths; the vision tower has some of the same and never takes part.
  std::vector<std::string> targets = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                      "gate_proj", "up_proj", "down_proj"};
};

// Gives every targeted linear layer a fresh adapter in float32: A by Kaiming's uniform rule with
// a = sqrt(5), that is within 1 / sqrt(in), drawn from (seed, module path); B zero (PEFT's
// beginning). The error names a target that no layer has.
Status AddLora(const LinearWalk& walk, const LoraSettings& settings, uint64_t seed,
               at::Device device);

// Sets the dropout of all adapters for the passes that follow; seed 0 ends it.
void SetDropout(const LinearWalk& walk, double dropout, uint64_t seed);

// Maps a module path of the hub layout to that of the file (the newer one of transformers).
using ModuleName = std::function<std::string(const std::string&)>;

// Writes the live adapters as PEFT reads them: adapter_config.json, adapter_model.safetensors. The
// folder appears whole or not at all; an older one of the same name is replaced. `base` is recorded
// as the base's name.
Status WriteLora(const std::string& directory, const LinearWalk& walk, const LoraSettings& settings,
                 const std::string& base, const ModuleName& name);

}  // namespace gre
