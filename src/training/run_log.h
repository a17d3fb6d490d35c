#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/result.h"
#include "training/event_file.h"

namespace gre {

// What a run writes about itself for `gre train report` and others: DIRECTORY/log.jsonl, and event
// files for TensorBoard where they are asked for. Not thread-safe.
class RunLog {
 public:
  RunLog(std::string directory, bool tensorboard)
      : directory_(std::move(directory)), tensorboard_(tensorboard) {}

  struct Start {
    std::string stage;     // "sft", "grpo"
    std::string recipe;    // its path
    std::string settings;  // "key = value" lines: all in effect
    int64_t updates = 0;   // of the whole run
    int64_t done = 0;      // updates before this start; what the log tells of later ones is void
  };
  // Call once, before the first line.
  Status Begin(const Start& start);
  // Adds a line, with its numbers as scalars under their path ("dev/loss") at step "update".
  Status Append(const nlohmann::ordered_json& line);

 private:
  std::string directory_;
  bool tensorboard_ = false;
  std::optional<EventFile> events_;
};

// The most memory that the process has held, and allocations on an accelerator:
// "peak_resident_bytes" and "peak_device_bytes", the second null on a CPU.
void AddMemoryUse(bool on_cpu, nlohmann::ordered_json& line);
// "1.2 GiB", or "1.2 GiB + 30.1 GiB on the device", of such a line.
std::string MemoryText(const nlohmann::ordered_json& line);

}  // namespace gre
