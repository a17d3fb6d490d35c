#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/fail_condition.h"
#include "bench/records.h"
#include "bench/scoring.h"
#include "core/result.h"
#include "metrics/bootstrap.h"

namespace gre {

// What a difference between systems on the same photos is worth. Pure, thread-safe.

struct ComparedSystem {
  std::string name = {};
  std::span<const Prediction> predictions;
  const RecordScores* scores = nullptr;  // of these predictions, under the common conventions
};

struct ComparisonOptions {
  std::string by = {};            // GroupNames; empty: no breakdown
  size_t min_group_records = 10;  // groups of fewer are listed without figures
  BootstrapOptions bootstrap = {};
};

// One figure of both systems over the records that both have and that it applies to. Figures are
// means but for "median_km".
struct MetricDifference {
  std::string metric =
      {};  // a column's name; "mean_km" (column distance_km), "median_km", "parsed"
  bool higher_is_better = true;
  size_t records = 0;
  double base = 0;  // NaN, as all that follows, without records
  double value = 0;
  double difference = 0;  // value - base
  double low = 0;         // 95 % interval of the difference, records resampled in pairs
  double high = 0;
  // Two-sided test of no difference: McNemar's exact test where every value is 0 or 1, else the
  // bootstrap's; NaN for the median. `p_holm` is adjusted over all metrics of all systems.
  bool is_mcnemar = false;
  double p_value = 0;
  double p_holm = 0;
  // Records on which this system is better, worse, as good; for the median 0.
  size_t wins = 0;
  size_t losses = 0;
  size_t ties = 0;
};

struct GroupDifference {
  std::string name = {};
  size_t records = 0;
  bool too_small = false;
  // As for all records, without tests: so many groups would need so large a correction that the
  // intervals say more. Empty when too small.
  std::vector<MetricDifference> metrics = {};
};

// A record on which the answers differ. Distances are infinite without an answer.
struct RecordChange {
  size_t truth = 0;
  double base_km = 0;
  double value_km = 0;
  Outcome base_outcome = Outcome::kEngineError;
  Outcome outcome = Outcome::kEngineError;
};

// "nearer", "farther" than the base, or "alike": within a metre, or neither has an answer.
std::string_view RecordChangeName(const RecordChange& change);

struct SystemComparison {
  std::string name = {};
  size_t records = 0;    // that both have
  size_t only_base = 0;  // records that only the base has, left out
  size_t only_this = 0;
  // Records by RecordChangeName.
  size_t nearer = 0;
  size_t farther = 0;
  size_t alike = 0;
  std::vector<MetricDifference> metrics = {};
  std::vector<GroupDifference> groups = {};
  std::vector<RecordChange> changes = {};  // in the order of the truth

  // nullptr for an unknown name.
  [[nodiscard]] const MetricDifference* Find(std::string_view metric) const;
};

struct Comparison {
  std::string base = {};
  std::string by = {};
  std::string interval_method = {};
  std::vector<SystemComparison> systems = {};  // all but the base
};

// Compares each system with the first, the base. Requires at least two that are scored with the
// same columns. With Unparsed::kDrop figures are made from the records that both answer; nearer and
// farther still count the others.
Result<Comparison> CompareSystems(std::span<const TruthRecord> truth,
                                  std::span<const ComparedSystem> systems,
                                  const ComparisonOptions& options);

// One line for each condition that makes a system fail:
//   "NAME: fails 'acc@25 < base - 0.01': acc@25 = 0.5985, bound 0.6456"
// Besides the metrics conditions may name "records", those that both have. kInvalidArgument for an
// unknown metric.
Result<std::vector<std::string>> FindFailures(const Comparison& comparison,
                                              std::span<const FailCondition> conditions);

}  // namespace gre
