#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/cancellation.h"

namespace gre {

// What a pass through a decoder may leave out.
struct ForwardOptions {
  // Rows whose final states are wanted, in rising order; absent: all. The last layer computes its
  // output for these only.
  std::optional<std::vector<int64_t>> rows = {};
  // Looked at between layers; may be null.
  const CancellationToken* cancellation = nullptr;
};

}  // namespace gre
