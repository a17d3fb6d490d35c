#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/settings_reader.h"
#include "model/lora/new_adapter.h"
#include "training/adamw.h"
#include "training/trainable.h"
#include "training/tuning/training_records.h"

namespace gre {

// The settings of `gre train sft` for a vision-language model of its own directory (model.base);
// recipes/qwen-lora.toml explains each. Relative paths are relative to the working directory.
struct TuningConfig {
  struct Model {
    std::string base;     // a directory that the engine can load
    std::string adapter;  // a LoRA to go on with; empty: a fresh one
    std::string dtype;    // "", "float32", "bfloat16"; empty: as stored
    std::string device = "cpu";
    int64_t max_pixels = 0;  // of a prepared photo; 0 = the model's own
    // Folder where what the tower and the merger make of the photos is kept; empty: computed anew
    // in every pass. Only where neither of them learns.
    std::string image_features;
  } model;
  struct Data {
    std::string train;  // GRE's JSON, LLaMA-Factory's sharegpt, VLM-R1's or TRL's lines, or a
                        // folder of them
    std::string dev;    // the same; empty: no evaluation
    std::string root;   // where the photos that records name are looked for; empty: beside the file
    std::string prompt;            // template file: the instruction of records that bring none
    bool bare_answers = false;     // supervised: learn coordinates without a chain too (Seed)
    int64_t cutoff_tokens = 2048;  // prompt and reply together; longer records are left out
  } data;
  std::string method = "lora";  // "lora" or "full"
  LoraSettings lora;
  // Last parts of the module paths that get an adapter, with commas between.
  std::string lora_targets = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj";
  TrainedParts parts;  // of full fine-tuning
  struct Optimiser {
    AdamWOptions adamw = {.beta2 = 0.999, .weight_decay = 0, .ema_decay = 0};
    double learning_rate = 0;      // required
    std::string shape = "cosine";  // "cosine", "linear" or "constant"
    double warmup_ratio = 0.1;
    int batch_size = 8;        // records an update
    int micro_batch_size = 1;  // records a pass
    bool checkpoint_activations = true;
  } optim;
  struct Schedule {
    int epochs = 1;
    uint64_t seed = 1;
    int threads = 2;
    int64_t max_steps = 0;  // stop (with a checkpoint) after so many steps of this call; 0 = off
  } schedule;
  struct Evaluation {
    int64_t every_steps = 0;  // 0 = at the end of an epoch only
    int64_t answers = 64;     // dev records that are answered; 0 = the loss only
    int max_new_tokens = 512;
  } evaluation;
  struct Checkpoints {
    std::string directory;
    int64_t every_steps = 100;  // 0 = at the end of an epoch only
    int keep = 2;
  } checkpoint;
  struct Log {
    bool tensorboard = false;  // event files beside log.jsonl
  } log;
  std::string recipe;  // the file; no setting

  // Overrides are "section.key=value". Unknown keys and impossible values are errors that name the
  // key, the value and the range.
  static Result<TuningConfig> Load(const std::string& path,
                                   const std::vector<std::string>& overrides);
  // The parts of Load, for recipes with further sections: reads the keys of all but what only
  // supervised fine-tuning has (data.dev, schedule.epochs, [evaluation]), and checks them once the
  // reader has finished.
  void Read(SettingsReader& reader);
  Status Check(const std::string& path);
  // Of supervised fine-tuning.
  [[nodiscard]] RecordNeed record_need() const {
    return data.bare_answers ? RecordNeed::kAnswer : RecordNeed::kReply;
  }
  [[nodiscard]] bool full() const { return method == "full"; }
  [[nodiscard]] LearningRateShape rate_shape() const;
  // Every setting, "key = value" a line; `supervised`: with those of that kind alone.
  [[nodiscard]] std::string Describe(bool supervised = true) const;
  // Of those that influence the weights.
  [[nodiscard]] std::string Fingerprint() const;
};

}  // namespace gre
