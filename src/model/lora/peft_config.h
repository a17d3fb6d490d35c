#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace gre {

// What adapter_config.json says about the arithmetic.
struct PeftConfig {
  int64_t rank = 8;
  double alpha = 8;
  bool rank_stabilised = false;  // scaling alpha / sqrt(r) instead of alpha / r
  // Exceptions by module, in file order: the first pattern that matches the end of a module path
  // counts (PEFT's rule: the regular expression "(.*\.)?(pattern)$").
  std::vector<std::pair<std::string, int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  std::optional<std::vector<int64_t>> layers;  // layers_to_transform; absent = all

  [[nodiscard]] int64_t RankOf(const std::string& module) const;
  [[nodiscard]] double ScalingOf(const std::string& module) const;
};

// `json` is untrusted. The error lists every field that is wrong or not supported.
Result<PeftConfig> ParsePeftConfig(std::string_view json);

}  // namespace gre
