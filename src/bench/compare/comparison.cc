#include "bench/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "bench/compare/breakdown.h"
#include "core/check.h"
#include "core/random.h"
#include "core/strings.h"
#include "metrics/accuracy.h"
#include "metrics/significance.h"

namespace gre {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kNoAnswerKm = std::numeric_limits<double>::infinity();
constexpr double kAlikeKm = 0.001;
// Above, the median's difference has no interval: resampling would take minutes.
constexpr size_t kMaxMedianRecords = 50000;
constexpr int kMaxMedianResamples = 2000;

// Values of one metric for the paired records of two systems.
struct PairedColumn {
  std::string metric;
  bool higher_is_better = true;
  std::vector<double> base = {};
  std::vector<double> value = {};
};

// Rows of the two systems with the same truth.
struct PairedRows {
  struct Row {
    size_t base;
    size_t value;
  };
  std::vector<Row> rows;
  size_t only_base = 0;
  size_t only_this = 0;
};

constexpr size_t kNone = std::numeric_limits<size_t>::max();

PairedRows PairRows(size_t truths, const RecordScores& base, const RecordScores& scores) {
  std::vector<size_t> row_of_truth(truths, kNone);
  for (size_t row = 0; row < scores.records.size(); ++row) {
    row_of_truth[scores.records[row].truth] = row;
  }
  PairedRows paired;
  for (size_t row = 0; row < base.records.size(); ++row) {
    const size_t other = row_of_truth[base.records[row].truth];
    if (other == kNone) {
      ++paired.only_base;
    } else {
      paired.rows.push_back({row, other});
    }
  }
  paired.only_this = scores.records.size() - paired.rows.size();
  std::ranges::sort(paired.rows, {},
                    [&](const PairedRows::Row& row) { return base.records[row.base].truth; });
  return paired;
}

const Prediction* PredictionOf(const ComparedSystem& system, size_t row) {
  const size_t index = system.scores->records[row].prediction;
  return index == RecordScores::kNoPrediction ? nullptr : &system.predictions[index];
}

std::vector<PairedColumn> PairColumns(const ComparedSystem& base, const ComparedSystem& system,
                                      const PairedRows& paired) {
  std::vector<PairedColumn> columns;
  GRE_CHECK(base.scores->columns.size() == system.scores->columns.size());
  for (size_t i = 0; i < base.scores->columns.size(); ++i) {
    const MetricColumn& first = base.scores->columns[i];
    const MetricColumn& second = system.scores->columns[i];
    GRE_CHECK(first.name == second.name);
    PairedColumn column = {.metric = first.name == "distance_km" ? "mean_km" : first.name,
                           .higher_is_better = first.higher_is_better};
    for (const PairedRows::Row& row : paired.rows) {
      column.base.push_back(first.values[row.base]);
      column.value.push_back(second.values[row.value]);
    }
    columns.push_back(std::move(column));
  }
  PairedColumn parsed = {.metric = "parsed"};
  for (const PairedRows::Row& row : paired.rows) {
    const auto is_parsed = [](const Prediction* prediction) {
      return prediction != nullptr && prediction->point ? 1.0 : 0.0;
    };
    parsed.base.push_back(is_parsed(PredictionOf(base, row.base)));
    parsed.value.push_back(is_parsed(PredictionOf(system, row.value)));
  }
  columns.push_back(std::move(parsed));
  return columns;
}

// Means over the records at `at`, where both systems have a value.
MetricDifference CompareColumn(const PairedColumn& column, std::span<const size_t> at) {
  MetricDifference result = {.metric = column.metric, .higher_is_better = column.higher_is_better};
  double base_sum = 0;
  double value_sum = 0;
  bool yes_or_no = true;
  for (const size_t i : at) {
    const double base = column.base[i];
    const double value = column.value[i];
    if (std::isnan(base) || std::isnan(value)) continue;
    ++result.records;
    base_sum += base;
    value_sum += value;
    yes_or_no = yes_or_no && (base == 0 || base == 1) && (value == 0 || value == 1);
    if (base == value) {
      ++result.ties;
    } else {
      ++((value > base) == column.higher_is_better ? result.wins : result.losses);
    }
  }
  const auto count = static_cast<double>(result.records);
  result.base = base_sum / count;
  result.value = value_sum / count;
  result.difference = result.records == 0 ? kNotANumber : result.value - result.base;
  result.is_mcnemar = yes_or_no && result.records > 0;
  if (result.is_mcnemar) result.p_value = McNemarPValue(result.wins, result.losses);
  return result;
}

// The middle value of the resample in which the k-th smallest value occurs counts[order[k]] times.
double ResampledMedian(std::span<const double> values, std::span<const uint32_t> order,
                       std::span<const uint32_t> counts) {
  const size_t size = values.size();
  const size_t lower = (size - 1) / 2;
  const size_t upper = size / 2;
  size_t seen = 0;
  double low = kNotANumber;
  for (const uint32_t index : order) {
    const size_t end = seen + counts[index];
    if (seen <= lower && lower < end) low = values[index];
    if (seen <= upper && upper < end) return (low + values[index]) / 2;
    seen = end;
  }
  return low;
}

MetricDifference CompareMedians(const PairedColumn& distances, std::span<const size_t> at,
                                const BootstrapOptions& options) {
  std::vector<double> base;
  std::vector<double> value;
  for (const size_t i : at) {
    if (std::isnan(distances.base[i]) || std::isnan(distances.value[i])) continue;
    base.push_back(distances.base[i]);
    value.push_back(distances.value[i]);
  }
  MetricDifference result = {
      .metric = "median_km", .higher_is_better = false, .records = base.size()};
  result.base = Median(base);
  result.value = Median(value);
  result.difference = result.value - result.base;
  result.low = result.high = result.p_value = result.p_holm = kNotANumber;
  if (base.empty() || base.size() > kMaxMedianRecords) return result;

  const auto order_of = [](std::span<const double> values) {
    std::vector<uint32_t> order(values.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
    std::ranges::sort(order, {}, [&](uint32_t i) { return values[i]; });
    return order;
  };
  const std::vector<uint32_t> base_order = order_of(base);
  const std::vector<uint32_t> value_order = order_of(value);
  Random random(HashSeed(options.seed, "median"));
  std::vector<uint32_t> counts(base.size());
  std::vector<double> differences;
  const int resamples = std::min(options.resamples, kMaxMedianResamples);
  for (int resample = 0; resample < resamples; ++resample) {
    std::ranges::fill(counts, 0);
    for (size_t i = 0; i < base.size(); ++i) ++counts[random.Below(base.size())];
    differences.push_back(ResampledMedian(value, value_order, counts) -
                          ResampledMedian(base, base_order, counts));
  }
  std::ranges::sort(differences);
  result.low = QuantileOfSorted(differences, (1 - options.level) / 2);
  result.high = QuantileOfSorted(differences, (1 + options.level) / 2);
  return result;
}

struct ComparedColumns {
  std::vector<MetricDifference> metrics;
  std::string interval_method;
};

ComparedColumns CompareColumns(std::span<const PairedColumn> columns, std::span<const size_t> at,
                               const BootstrapOptions& bootstrap) {
  std::vector<double> differences;  // [at, columns]
  differences.reserve(at.size() * columns.size());
  for (const size_t i : at) {
    for (const PairedColumn& column : columns) {
      differences.push_back(column.value[i] - column.base[i]);
    }
  }
  const MeanEstimates means = BootstrapMeans(differences, columns.size(), bootstrap);
  ComparedColumns compared = {.metrics = {}, .interval_method = means.method};
  for (size_t i = 0; i < columns.size(); ++i) {
    MetricDifference metric = CompareColumn(columns[i], at);
    metric.low = means.columns[i].low;
    metric.high = means.columns[i].high;
    if (!metric.is_mcnemar) {
      metric.p_value = metric.records == 0 ? kNotANumber : means.columns[i].p_value;
    }
    metric.p_holm = kNotANumber;
    compared.metrics.push_back(std::move(metric));
    if (columns[i].metric == "mean_km") {
      compared.metrics.push_back(CompareMedians(columns[i], at, bootstrap));
    }
  }
  return compared;
}

bool IsAlike(const RecordChange& change) {
  const bool neither = std::isinf(change.base_km) && std::isinf(change.value_km);
  return neither || std::abs(change.base_km - change.value_km) <= kAlikeKm;
}

// Head to head, record by record.
void FindChanges(const ComparedSystem& base, const ComparedSystem& system, const PairedRows& paired,
                 std::span<const PairedColumn> columns, SystemComparison& result) {
  const auto distances = std::ranges::find(columns, "mean_km", &PairedColumn::metric);
  GRE_CHECK(distances != columns.end());
  for (size_t i = 0; i < paired.rows.size(); ++i) {
    const Prediction* first = PredictionOf(base, paired.rows[i].base);
    const Prediction* second = PredictionOf(system, paired.rows[i].value);
    const auto distance_km = [](double value) { return std::isnan(value) ? kNoAnswerKm : value; };
    const auto outcome = [](const Prediction* prediction) {
      return prediction == nullptr ? Outcome::kEngineError : prediction->outcome;
    };
    const RecordChange change = {.truth = base.scores->records[paired.rows[i].base].truth,
                                 .base_km = distance_km(distances->base[i]),
                                 .value_km = distance_km(distances->value[i]),
                                 .base_outcome = outcome(first),
                                 .outcome = outcome(second)};
    const bool alike = IsAlike(change);
    if (alike) {
      ++result.alike;
    } else {
      ++(change.value_km < change.base_km ? result.nearer : result.farther);
    }
    if (!alike || change.base_outcome != change.outcome) result.changes.push_back(change);
  }
}

void AdjustTests(std::vector<SystemComparison>& systems) {
  std::vector<MetricDifference*> tested;
  std::vector<double> p_values;
  for (SystemComparison& system : systems) {
    for (MetricDifference& metric : system.metrics) {
      if (std::isnan(metric.p_value)) continue;
      tested.push_back(&metric);
      p_values.push_back(metric.p_value);
    }
  }
  const std::vector<double> adjusted = HolmAdjust(p_values);
  for (size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = adjusted[i];
}

std::vector<size_t> AllIndices(size_t count) {
  std::vector<size_t> all(count);
  for (size_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

}  // namespace

std::string_view RecordChangeName(const RecordChange& change) {
  if (IsAlike(change)) return "alike";
  return change.value_km < change.base_km ? "nearer" : "farther";
}

const MetricDifference* SystemComparison::Find(std::string_view metric) const {
  const auto found = std::ranges::find(metrics, metric, &MetricDifference::metric);
  return found == metrics.end() ? nullptr : &*found;
}

Result<Comparison> CompareSystems(std::span<const TruthRecord> truth,
                                  std::span<const ComparedSystem> systems,
                                  const ComparisonOptions& options) {
  GRE_CHECK(systems.size() >= 2);
  const ComparedSystem& base = systems.front();
  Comparison comparison = {.base = base.name, .by = options.by};
  std::vector<std::string> group_names;
  if (!options.by.empty()) {
    GRE_ASSIGN_OR_RETURN(group_names, GroupNames(truth, options.by));
  }
  for (const ComparedSystem& system : systems.subspan(1)) {
    const PairedRows paired = PairRows(truth.size(), *base.scores, *system.scores);
    const std::vector<PairedColumn> columns = PairColumns(base, system, paired);
    SystemComparison result = {.name = system.name,
                               .records = paired.rows.size(),
                               .only_base = paired.only_base,
                               .only_this = paired.only_this};
    ComparedColumns all =
        CompareColumns(columns, AllIndices(paired.rows.size()), options.bootstrap);
    result.metrics = std::move(all.metrics);
    comparison.interval_method = std::move(all.interval_method);
    FindChanges(base, system, paired, columns, result);
    if (!options.by.empty()) {
      std::vector<Matching::Pair> records;
      for (const PairedRows::Row& row : paired.rows) {
        records.push_back(base.scores->records[row.base]);
      }
      for (const RecordGroup& rows : GroupRecords(group_names, records)) {
        GroupDifference group = {.name = rows.name,
                                 .records = rows.rows.size(),
                                 .too_small = rows.rows.size() < options.min_group_records};
        if (!group.too_small) {
          group.metrics = CompareColumns(columns, rows.rows, options.bootstrap).metrics;
        }
        result.groups.push_back(std::move(group));
      }
    }
    comparison.systems.push_back(std::move(result));
  }
  AdjustTests(comparison.systems);
  return comparison;
}

Result<std::vector<std::string>> FindFailures(const Comparison& comparison,
                                              std::span<const FailCondition> conditions) {
  std::vector<std::string> failures;
  for (const FailCondition& condition : conditions) {
    for (const SystemComparison& system : comparison.systems) {
      double base = 0;
      double value = 0;
      if (condition.metric == "records") {
        value = static_cast<double>(system.records);
        base = static_cast<double>(system.records + system.only_base);
      } else if (const MetricDifference* metric = system.Find(condition.metric)) {
        value = metric->value;
        base = metric->base;
      } else {
        std::string message = "--fail-if '";
        message.append(condition.text).append("': character 1: expected one of records");
        for (const MetricDifference& known : system.metrics) {
          message.append(", ").append(known.metric);
        }
        message.append(", found '").append(condition.metric).append("'");
        return Error{ErrorCode::kInvalidArgument, std::move(message)};
      }
      if (!condition.Fails(value, base)) continue;
      const auto number = [](double x) {
        return std::isnan(x) ? std::string("not applicable") : FormatFixed(x, 4);
      };
      std::string line = system.name;
      line.append(": fails '").append(condition.text).append("': ").append(condition.metric);
      line.append(" = ").append(number(value));
      if (condition.relative) line.append(", bound ").append(number(condition.Bound(base)));
      failures.push_back(std::move(line));
    }
  }
  return failures;
}

}  // namespace gre
