#include "dataset/statistics/value_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gre {

ValueHistogram ValueHistogram::Linear(double from, double to, size_t bins) {
  return {false, from, (to - from) / static_cast<double>(bins), bins};
}

ValueHistogram ValueHistogram::Log(double from, double to, int bins_a_decade) {
  const double bins = std::ceil(std::log10(to / from) * bins_a_decade - 1e-9);
  return {true, std::log10(from), 1.0 / bins_a_decade, static_cast<size_t>(bins)};
}

void ValueHistogram::Add(double value, int64_t times) {
  if (std::isnan(value)) return;
  const double at = log_ ? (value > 0 ? std::log10(value) : from_) : value;
  const double bin = std::floor((at - from_) / width_);
  const double last = static_cast<double>(counts_.size() - 1);
  counts_[static_cast<size_t>(std::clamp(bin, 0.0, last))] += times;
  total_ += times;
}

double ValueHistogram::Edge(size_t bin) const {
  const double at = from_ + width_ * static_cast<double>(bin);
  return log_ ? std::pow(10, at) : at;
}

double ValueHistogram::Quantile(double share) const {
  if (total_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const double wanted = share * static_cast<double>(total_);
  double seen = 0;
  for (size_t bin = 0; bin < counts_.size(); ++bin) {
    const auto count = static_cast<double>(counts_[bin]);
    if (count > 0 && seen + count >= wanted) {
      const double at =
          from_ + width_ * (static_cast<double>(bin) + std::max(wanted - seen, 0.0) / count);
      return log_ ? std::pow(10, at) : at;
    }
    seen += count;
  }
  return Edge(counts_.size());
}

}  // namespace gre
