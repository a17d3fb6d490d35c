#include "metrics/agreement.h"

#include <numeric>
#include <vector>

#include "core/check.h"

namespace gre {

Agreement FleissKappa(std::span<const size_t> counts, size_t categories) {
  GRE_CHECK(categories > 0 && counts.size() % categories == 0);
  Agreement result;
  std::vector<size_t> totals(categories, 0);
  for (; !counts.empty(); counts = counts.subspan(categories)) {
    const auto subject = counts.first(categories);
    const size_t ratings = std::accumulate(subject.begin(), subject.end(), size_t{0});
    if (ratings < 2) continue;
    double agreeing_pairs = 0;
    for (size_t c = 0; c < categories; ++c) {
      totals[c] += subject[c];
      agreeing_pairs += static_cast<double>(subject[c]) * (static_cast<double>(subject[c]) - 1);
    }
    const auto n = static_cast<double>(ratings);
    result.observed += agreeing_pairs / (n * (n - 1));
    ++result.subjects;
  }
  if (result.subjects == 0) return result;
  result.observed /= static_cast<double>(result.subjects);
  const size_t ratings = std::accumulate(totals.begin(), totals.end(), size_t{0});
  bool one_category = false;
  for (const size_t total : totals) {
    const double share = static_cast<double>(total) / static_cast<double>(ratings);
    result.expected += share * share;
    one_category = one_category || total == ratings;
  }
  if (!one_category) {
    result.kappa = (result.observed - result.expected) / (1 - result.expected);
  }
  return result;
}

}  // namespace gre
