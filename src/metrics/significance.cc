#include "metrics/significance.h"

#include <algorithm>
#include <numeric>

#include "core/check.h"
#include "metrics/distributions.h"

namespace gre {

double McNemarPValue(size_t only_first, size_t only_second) {
  const size_t n = only_first + only_second;
  if (n == 0) return 1;
  return std::min(1.0, 2 * BinomialCdf(std::min(only_first, only_second), n, 0.5));
}

std::vector<double> HolmAdjust(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double p = p_values[order[rank]];
    GRE_CHECK(p >= 0 && p <= 1);
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - rank) * p));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace gre
