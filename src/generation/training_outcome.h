#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gre {

// What a call of a training stage leaves behind (docs/train-schema.json).
struct TrainingOutcome {
  struct Best {
    std::string measure;  // "dev_loss" (lower is better), "dev_score" (higher is better)
    double value = 0;
    int64_t update = 0;  // after which it was measured
  };

  std::string stage;      // "sft", "grpo"
  std::string method;     // "nano", "lora", "full"
  std::string base;       // directory of the model that was tuned; empty with "nano"
  std::string directory;  // checkpoint.directory
  bool finished = false;  // false: schedule.max_steps ended the call; --resume goes on
  int64_t records = 0;
  int64_t updates = 0;              // of the whole run
  int64_t updates_of_call = 0;      // of them in this call
  std::optional<Best> best;         // on held-out records; nothing where none were scored
  std::optional<double> last_loss;  // of the last update of this call
};

}  // namespace gre
