#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace gre {

struct Interval {
  double low = 0;
  double high = 0;
};

struct BootstrapOptions {
  int resamples = 2000;
  double level = 0.95;  // share of resampled statistics inside the interval
  uint64_t seed = 1;
};

// Percentile bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13) over records: draws
// values.size() of them with replacement, `resamples` times, and takes the quantiles
// (1 - level)/2 and (1 + level)/2 of the statistic. The same seed gives the same interval on every
// machine. Paired comparisons: pass the differences record by record. {NaN, NaN} for no values.
Interval BootstrapMean(std::span<const double> values, const BootstrapOptions& options = {});

// Any statistic of the resampled values; it may reorder them.
Interval Bootstrap(std::span<const double> values,
                   const std::function<double(std::span<double>)>& statistic,
                   const BootstrapOptions& options = {});

}  // namespace gre
