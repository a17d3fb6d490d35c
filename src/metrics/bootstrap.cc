#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.h"
#include "core/parallel.h"
#include "core/random.h"
#include "metrics/accuracy.h"
#include "metrics/distributions.h"

namespace gre {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kLanes = 8;  // a cache line of doubles

// An index below `size` by multiplication and shift (Lemire 2019) without its rejection step: the
// bias is below size / 2^64.
size_t DrawIndex(Random* random, size_t size) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<size_t>((static_cast<Wide>(random->Next()) * size) >> 64);
}

// The columns as lanes that are summed: their values with 0 for "does not apply", then a lane of
// ones and zeros for each distinct set of applicable records.
class Lanes {
 public:
  Lanes(std::span<const double> values, size_t columns)
      : records_(values.size() / columns), columns_(columns), denominator_(columns, kAllRecords) {
    for (size_t c = 0; c < columns; ++c) {
      std::vector<double> applies(records_);
      size_t count = 0;
      for (size_t i = 0; i < records_; ++i) {
        applies[i] = std::isnan(values[i * columns + c]) ? 0 : 1;
        count += applies[i] != 0 ? 1 : 0;
      }
      counts_.push_back(count);
      if (count == records_) continue;
      const auto same = std::ranges::find(masks_, applies);
      denominator_[c] = columns + static_cast<size_t>(same - masks_.begin());
      if (same == masks_.end()) masks_.push_back(std::move(applies));
    }
    lanes_ = columns + masks_.size();
    blocks_ = (lanes_ + kLanes - 1) / kLanes;
    table_.assign(blocks_ * records_ * kLanes, 0);
    for (size_t lane = 0; lane < lanes_; ++lane) {
      for (size_t i = 0; i < records_; ++i) {
        const double value =
            lane < columns ? values[i * columns + lane] : masks_[lane - columns][i];
        Block(lane / kLanes)[i * kLanes + lane % kLanes] = std::isnan(value) ? 0 : value;
      }
    }
  }

  [[nodiscard]] size_t records() const { return records_; }
  [[nodiscard]] size_t count(size_t column) const { return counts_[column]; }

  // The mean of every column over the drawn records; NaN where none applies. `sums` is scratch.
  void Means(std::span<const uint32_t> draws, std::vector<double>* sums, double* means) const {
    sums->assign(blocks_ * kLanes, 0);
    for (size_t b = 0; b < blocks_; ++b) {
      const double* block = table_.data() + b * records_ * kLanes;
      double sum[kLanes] = {};
      for (const uint32_t draw : draws) {
        const double* row = block + size_t{draw} * kLanes;
        for (size_t lane = 0; lane < kLanes; ++lane) sum[lane] += row[lane];
      }
      std::copy_n(sum, kLanes, sums->data() + b * kLanes);
    }
    for (size_t c = 0; c < columns_; ++c) {
      const double drawn = denominator_[c] == kAllRecords ? static_cast<double>(draws.size())
                                                          : (*sums)[denominator_[c]];
      means[c] = drawn > 0 ? (*sums)[c] / drawn : kNaN;
    }
  }

 private:
  static constexpr size_t kAllRecords = std::numeric_limits<size_t>::max();

  double* Block(size_t block) { return table_.data() + block * records_ * kLanes; }

  size_t records_;
  size_t columns_;
  size_t lanes_ = 0;
  size_t blocks_ = 0;
  std::vector<size_t> denominator_;  // [columns] lane that counts the applicable records drawn
  std::vector<size_t> counts_;       // [columns]
  std::vector<std::vector<double>> masks_;
  std::vector<double> table_;  // [blocks, records, kLanes]
};

// `means` of the resamples; reordered.
void SetFromResamples(std::vector<double> means, double level, MeanEstimate* estimate) {
  std::erase_if(means, [](double mean) { return std::isnan(mean); });
  if (means.empty()) {  // as likely as never: each resample missed every applicable record
    estimate->low = estimate->high = kNaN;
    return;
  }
  std::ranges::sort(means);
  estimate->low = QuantileOfSorted(means, (1 - level) / 2);
  estimate->high = QuantileOfSorted(means, (1 + level) / 2);
  const auto not_above = std::ranges::upper_bound(means, 0.0) - means.begin();
  const auto not_below = means.end() - std::ranges::lower_bound(means, 0.0);
  estimate->p_value = std::min(1.0, 2 * static_cast<double>(std::min(not_above, not_below) + 1) /
                                        static_cast<double>(means.size() + 1));
}

void SetFromNormalLimit(double squared_deviations, double level, MeanEstimate* estimate) {
  const double error = std::sqrt(squared_deviations) / static_cast<double>(estimate->count);
  const double half = NormalQuantile((1 + level) / 2) * error;
  estimate->low = estimate->value - half;
  estimate->high = estimate->value + half;
  if (error > 0) {
    estimate->p_value = 2 * NormalCdf(-std::abs(estimate->value) / error);
  } else {
    estimate->p_value = estimate->value == 0 ? 1 : 0;
  }
}

// The smallest sorted value that the r-th of a resample stays at or below with `probability`.
double OrderStatisticQuantile(std::span<const double> sorted, size_t r, double probability) {
  const auto n = static_cast<double>(sorted.size());
  const auto rank = static_cast<double>(r);
  size_t low = 0;
  size_t high = sorted.size();  // there the distribution function is 1
  while (high - low > 1) {
    const size_t k = low + (high - low) / 2;
    const double cdf = RegularizedBeta(static_cast<double>(k) / n, rank, n - rank + 1);
    (cdf >= probability ? high : low) = k;
  }
  return sorted[high - 1];
}

}  // namespace

MeanEstimates BootstrapMeans(std::span<const double> values, size_t columns,
                             const BootstrapOptions& options) {
  GRE_CHECK(options.resamples > 0 && options.level > 0 && options.level < 1);
  GRE_CHECK(columns > 0 && values.size() % columns == 0);
  const size_t records = values.size() / columns;
  MeanEstimates result;
  for (size_t c = 0; c < columns; ++c) {
    MeanEstimate& estimate = result.columns.emplace_back();
    double sum = 0;
    for (size_t i = 0; i < records; ++i) {
      if (const double value = values[i * columns + c]; !std::isnan(value)) {
        sum += value;
        ++estimate.count;
      }
    }
    estimate.value = estimate.count == 0 ? kNaN : sum / static_cast<double>(estimate.count);
    if (estimate.count == 0) estimate.low = estimate.high = kNaN;
  }

  if (records > options.max_resampled_records) {
    result.method = "normal limit";
    for (size_t c = 0; c < columns; ++c) {
      MeanEstimate& estimate = result.columns[c];
      if (estimate.count == 0) continue;
      double squares = 0;
      for (size_t i = 0; i < records; ++i) {
        const double deviation = values[i * columns + c] - estimate.value;
        squares += std::isnan(deviation) ? 0 : deviation * deviation;
      }
      SetFromNormalLimit(squares, options.level, &estimate);
    }
    return result;
  }

  const auto resamples = static_cast<size_t>(options.resamples);
  result.method = "bootstrap, " + std::to_string(resamples) + " resamples";
  if (records == 0) return result;
  const Lanes lanes(values, columns);
  std::vector<double> means(resamples * columns);
  ParallelFor(resamples, {.max_threads = options.threads}, [&](size_t begin, size_t end) {
    std::vector<uint32_t> draws(records);
    std::vector<double> sums;
    for (size_t r = begin; r < end; ++r) {
      Random random(HashSeed(options.seed, r));
      for (uint32_t& draw : draws) draw = static_cast<uint32_t>(DrawIndex(&random, records));
      lanes.Means(draws, &sums, means.data() + r * columns);
    }
  });
  for (size_t c = 0; c < columns; ++c) {
    if (result.columns[c].count == 0) continue;
    std::vector<double> column(resamples);
    for (size_t r = 0; r < resamples; ++r) column[r] = means[r * columns + c];
    SetFromResamples(std::move(column), options.level, &result.columns[c]);
  }
  return result;
}

MeanEstimates EstimateFigures(std::span<const double> values, size_t columns,
                              const BootstrapOptions& options) {
  GRE_CHECK(columns > 0 && values.size() % columns == 0);
  const size_t records = values.size() / columns;
  std::vector<size_t> others;  // columns that are no shares
  MeanEstimates result;
  for (size_t c = 0; c < columns; ++c) {
    MeanEstimate& estimate = result.columns.emplace_back();
    size_t hits = 0;
    bool is_share = true;
    for (size_t i = 0; i < records && is_share; ++i) {
      const double value = values[i * columns + c];
      if (std::isnan(value)) continue;
      is_share = value == 0 || value == 1;
      ++estimate.count;
      hits += value == 1 ? 1 : 0;
    }
    if (!is_share) {
      others.push_back(c);
      continue;
    }
    const Interval interval = WilsonInterval(hits, estimate.count, options.level);
    estimate.value = static_cast<double>(hits) / static_cast<double>(estimate.count);  // 0/0 is NaN
    estimate.low = interval.low;
    estimate.high = interval.high;
  }
  result.method = "Wilson";
  if (others.empty()) return result;
  std::vector<double> table;
  table.reserve(records * others.size());
  for (size_t i = 0; i < records; ++i) {
    for (const size_t c : others) table.push_back(values[i * columns + c]);
  }
  MeanEstimates means = BootstrapMeans(table, others.size(), options);
  for (size_t k = 0; k < others.size(); ++k) result.columns[others[k]] = means.columns[k];
  result.method = others.size() == columns ? std::move(means.method)
                                           : "Wilson for shares, else " + means.method;
  return result;
}

MeanEstimate BootstrapMean(std::span<const double> values, const BootstrapOptions& options) {
  return BootstrapMeans(values, 1, options).columns.front();
}

Interval BootstrapQuantile(std::span<const double> sorted, double probability, double level) {
  GRE_CHECK(probability >= 0 && probability <= 1 && level > 0 && level < 1);
  if (sorted.empty()) return {kNaN, kNaN};
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const double fraction = position - static_cast<double>(below);
  const auto limit = [&](double tail) {
    const double value = OrderStatisticQuantile(sorted, below + 1, tail);
    if (fraction == 0) return value;
    const double above = OrderStatisticQuantile(sorted, below + 2, tail);
    return above == value ? value : value + fraction * (above - value);
  };
  return {limit((1 - level) / 2), limit((1 + level) / 2)};
}

}  // namespace gre
