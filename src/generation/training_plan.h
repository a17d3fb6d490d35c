#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gre {

struct TrainingPlanOptions {
  std::optional<int64_t> device_bytes;  // memory of the device; absent: what is free here, of a CPU
  double teraflops = 0;                 // sustained, of the device; 0: unknown
  double gigabytes_per_second = 0;      // of its memory; 0: unknown
};

// What a recipe will need, from its settings and the model's configuration alone (no weights), and
// from the records where they are there (docs/training.md). Estimates: memory from above, of what
// is held at once; time from the operations and the two rates.
struct TrainingPlan {
  struct Part {
    std::string name;  // "weights", "adapter", …
    int64_t bytes = 0;
    std::string remark;
  };
  // Of a sample of the records, evenly spread.
  struct Records {
    int64_t usable = 0;
    std::map<std::string, int64_t> left_out;  // by reason
    int64_t sampled = 0;
    double mean_prompt_tokens = 0, mean_reply_tokens = 0;
    int64_t longest = 0;        // prompt and reply
    int64_t beyond_cutoff = 0;  // of the sampled: will be left out
  };

  std::string stage;   // "sft", "grpo"
  std::string method;  // "lora", "full"
  std::string base;
  int64_t text_parameters = 0, vision_parameters = 0, trained_parameters = 0;
  std::vector<Part> memory;  // of one device; what does not stand at the same time is not added
  int64_t peak_bytes = 0;
  std::optional<int64_t> device_bytes;
  std::string suggestion;  // which setting to lower; empty where it fits or the device is unknown
  std::optional<Records> records;
  std::optional<int64_t> updates;    // unknown without records, of supervised fine-tuning
  double tokens_per_update = 0;      // that a pass of training sees
  double generated_per_update = 0;   // at most
  double operations_per_update = 0;  // floating-point
  std::optional<double> seconds;     // of all updates
  std::vector<std::string> notes;

  [[nodiscard]] bool fits() const { return !device_bytes || peak_bytes <= *device_bytes; }
};

}  // namespace gre
