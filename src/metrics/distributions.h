#pragma once

#include <cstddef>

namespace gre {

// The few distribution functions behind intervals and tests. Pure, thread-safe.

// The standard normal distribution: P(Z <= z), and its inverse for `probability` in (0, 1).
double NormalCdf(double z);
double NormalQuantile(double probability);

// The regularised incomplete beta function I_x(a, b) for x in [0, 1], a and b > 0, by its continued
// fraction (DLMF 8.17.22) and the symmetry 8.17.4; relative error about 1e-9 up to a + b = 1e6.
double RegularizedBeta(double x, double a, double b);

// P(X <= k) for X ~ Binomial(n, p), as I_{1-p}(n - k, k + 1) (DLMF 8.17.5); p in [0, 1].
double BinomialCdf(size_t k, size_t n, double p);

}  // namespace gre
