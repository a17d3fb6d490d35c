#include "metrics/bootstrap.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

// An index below `size` by multiplication and shift (Lemire 2019) without its rejection step: the
// bias is below size / 2^64. A loop of draws is what a bootstrap spends its time on.
size_t DrawIndex(Random* random, size_t size) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<size_t>((static_cast<Wide>(random->Next()) * size) >> 64);
}

Interval PercentileInterval(std::vector<double>* statistics, double level) {
  std::sort(statistics->begin(), statistics->end());
  return {QuantileOfSorted(*statistics, (1 - level) / 2),
          QuantileOfSorted(*statistics, (1 + level) / 2)};
}

void CheckOptions(const BootstrapOptions& options) {
  GRE_CHECK(options.resamples > 0 && options.level > 0 && options.level < 1);
}

constexpr Interval kUndefined = {std::numeric_limits<double>::quiet_NaN(),
                                 std::numeric_limits<double>::quiet_NaN()};

}  // namespace

Interval BootstrapMean(std::span<const double> values, const BootstrapOptions& options) {
  CheckOptions(options);
  if (values.empty()) return kUndefined;
  Random random(options.seed);
  std::vector<double> means;
  means.reserve(static_cast<size_t>(options.resamples));
  for (int i = 0; i < options.resamples; ++i) {
    double sum = 0;
    for (size_t k = 0; k < values.size(); ++k) sum += values[DrawIndex(&random, values.size())];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  return PercentileInterval(&means, options.level);
}

Interval Bootstrap(std::span<const double> values,
                   const std::function<double(std::span<double>)>& statistic,
                   const BootstrapOptions& options) {
  CheckOptions(options);
  if (values.empty()) return kUndefined;
  Random random(options.seed);
  std::vector<double> sample(values.size());
  std::vector<double> statistics;
  statistics.reserve(static_cast<size_t>(options.resamples));
  for (int i = 0; i < options.resamples; ++i) {
    for (double& value : sample) value = values[DrawIndex(&random, values.size())];
    statistics.push_back(statistic(sample));
  }
  return PercentileInterval(&statistics, options.level);
}

}  // namespace gre
