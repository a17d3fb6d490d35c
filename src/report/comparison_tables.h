#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/comparison.h"
#include "bench/records.h"
#include "bench/scoring.h"
#include "report/bench_report.h"
#include "report/table.h"

namespace gre {

// Comparisons for people and for programs. Pure, thread-safe.

// How a metric is shown: "within 25 km, %", times 100.
struct ShownMetric {
  std::string name;
  double factor = 1;
  int decimals = 1;
};
ShownMetric ShowMetric(std::string_view metric);
// A p-value with four decimals, "<0.0001" below, "–" for NaN.
std::string PValueText(double p_value);

// For each system a table of all metrics, then, where there is a breakdown, one of its groups.
// Accuracies are in percent, their differences in percentage points.
std::vector<Table> ComparisonTables(const Comparison& comparison);

// The object "gre.comparison/1" that `gre bench compare --json` prints; `failures` as FindFailures
// returned them; `report` holds the compared systems. Figures without records are null.
std::string ComparisonJson(const Comparison& comparison, const BenchReport& report,
                           std::span<const std::string> failures);

// CSV of the records that the base and another system answered differently: id, system, base_km,
// this_km (empty without an answer), base_outcome, this_outcome, change (nearer, farther, alike).
std::string ChangesCsv(const Comparison& comparison, std::span<const TruthRecord> truth);

}  // namespace gre
