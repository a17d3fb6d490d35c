#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gre {

// Whether a difference between systems is more than luck. Pure, thread-safe.

// McNemar's test (Psychometrika 1947) that two systems are right equally often on the same records,
// from the records that only one of them got right. Two-sided, from Binomial(n, 1/2) with
// n = only_first + only_second and m the smaller of both: min(1, 2 P(X <= m)), which never rejects
// more often than the level says. 1 when n = 0. Fast for any counts, so no chi-square approximation
// is needed.
double McNemarPValue(size_t only_first, size_t only_second);

// p-values of one family of tests, adjusted by Holm's step-down procedure ("A simple sequentially
// rejective multiple test procedure", Scandinavian Journal of Statistics 1979): the i-th smallest
// of m becomes the largest of min(1, (m - j + 1) p_j) over j <= i. Reject where the result is at
// most the level: the chance of even one false rejection then stays below it, whatever the
// dependence. Order is kept; each in [0, 1].
std::vector<double> HolmAdjust(std::span<const double> p_values);

}  // namespace gre
