#include "metrics/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"
#include "metrics/distributions.h"

namespace gre {

Interval WilsonInterval(size_t hits, size_t count, double level) {
  GRE_CHECK(hits <= count && level > 0 && level < 1);
  if (count == 0) {
    return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  }
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(hits) / n;
  const double z = NormalQuantile((1 + level) / 2);
  const double middle = share + z * z / (2 * n);
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // Exact at the ends, where rounding leaves a last bit.
  return {hits == 0 ? 0 : std::max(0.0, (middle - half) / scale),
          hits == count ? 1 : std::min(1.0, (middle + half) / scale)};
}

}  // namespace gre
