#include "metrics/distributions.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>

#include "core/check.h"

namespace gre {
namespace {

double LogGamma(double x) {
  int sign = 0;  // std::lgamma keeps it in a global variable
  return ::lgamma_r(x, &sign);
}

// DLMF 8.17.22 by Lentz's method; converges fast for x < (a + 1) / (a + b + 2), within about
// sqrt(max(a, b)) terms.
double BetaFraction(double x, double a, double b) {
  constexpr int kMaxTerms = 200000;
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 / std::max(1 - (a + b) * x / (a + 1), kTiny);
  double fraction = d;
  for (int m = 1; m < kMaxTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = std::abs(c) < kTiny ? kTiny : c;
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

}  // namespace

double NormalCdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double NormalQuantile(double probability) {
  GRE_CHECK(probability > 0 && probability < 1);
  // Bisection: exact to the last bits, and called a few times a report.
  double low = -40;
  double high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (NormalCdf(middle) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

double RegularizedBeta(double x, double a, double b) {
  GRE_CHECK(x >= 0 && x <= 1 && a > 0 && b > 0);
  if (x == 0 || x == 1) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - RegularizedBeta(1 - x, b, a);
  const double log_front = LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * std::log(x) +
                           b * std::log1p(-x) - std::log(a);
  return std::exp(log_front) * BetaFraction(x, a, b);
}

double BinomialCdf(size_t k, size_t n, double p) {
  if (k >= n) return 1;
  return RegularizedBeta(1 - p, static_cast<double>(n - k), static_cast<double>(k) + 1);
}

}  // namespace gre
