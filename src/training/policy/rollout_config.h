#pragma once

#include <string>

#include "core/result.h"
#include "core/settings_reader.h"
#include "generation/chat_body.h"
#include "training/policy/importance_correction.h"

namespace gre {

// Where completions are drawn: the section [rollouts] of a recipe of `gre train grpo`.
struct RolloutConfig {
  std::string engine = "local";    // the weights that learn, in this process; or a server's URL
  std::string dialect;             // "vllm" or "sglang"; required with a server
  std::string adapters;            // folder for adapters; "" = checkpoint.directory/adapters
  std::string adapters_on_server;  // the same folder as the server sees it; "" = by the same path
  // What the server's log-probabilities are of: "raw", the model's own distribution, or
  // "processed", after temperature and truncation. "" = the dialect's default.
  std::string logprobs;
  std::string correction = "mask";            // "mask", "truncate" or "none"
  std::string correction_level = "sequence";  // or "token"
  double correction_floor = 0, correction_cap = 3;
  int concurrency = 8;     // requests at once
  double timeout_s = 600;  // an attempt of a request
  int attempts = 5;        // of a request, where trying again may help

  [[nodiscard]] bool served() const { return engine != "local"; }
  [[nodiscard]] ChatDialect chat_dialect() const;
  [[nodiscard]] bool processed() const { return logprobs == "processed"; }
  [[nodiscard]] CorrectionOptions correction_options() const;

  void Read(SettingsReader& reader);
  // After the reader has finished; fills in what "" stands for. `path`: of the recipe; `full`: all
  // weights learn.
  Status Check(const std::string& path, const std::string& run_directory, double temperature,
               bool full);
  [[nodiscard]] std::string Describe() const;
  // What influences the weights.
  [[nodiscard]] std::string Fingerprint() const;
};

}  // namespace gre
