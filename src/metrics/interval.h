#pragma once

#include <cstddef>

namespace gre {

// Of a figure that was measured on a sample. {NaN, NaN}: nothing was measured.
struct Interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

inline constexpr double kDefaultLevel = 0.95;  // how often an interval shall hold the true figure

// Interval of a share, `hits` of `count` (Wilson, "Probable inference", JASA 1927):
// (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n) with z the normal quantile of
// (1 + level)/2. Holds its level for small counts and shares near 0 or 1, where a bootstrap cannot.
// {NaN, NaN} for a count of 0. Pure, thread-safe.
Interval WilsonInterval(size_t hits, size_t count, double level = kDefaultLevel);

}  // namespace gre
