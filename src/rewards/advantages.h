#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gre {

// By what the rewards of a group, less their mean, are divided.
enum class AdvantageScale {
  kGroup,  // the group's own standard deviation (GRPO, arXiv 2402.03300, section 4.1.2)
  kBatch,  // that of all rewards of the batch
  kNone,   // nothing (Dr. GRPO, arXiv 2503.20783): right where equal answers differ by jitter alone
};

struct Advantages {
  std::vector<double> values;  // in the rewards' order
  int64_t groups = 0;
  int64_t zero_groups = 0;  // whose rewards are all equal: nothing to learn but the KL term
};

// Advantages of completions whose groups stand one after the other, `group_size` rewards each:
// (r - mean of the group) / (deviation + 1e-4), the deviation that of a sample (n - 1), as TRL and
// VLM-R1 compute it. `rewards` must be finite, their number a multiple of group_size >= 1. Pure.
Advantages GroupAdvantages(std::span<const double> rewards, int64_t group_size,
                           AdvantageScale scale);

}  // namespace gre
