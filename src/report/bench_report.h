#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/published.h"
#include "bench/scoring.h"
#include "core/cancellation.h"
#include "report/charts/error_map.h"
#include "report/map_drawing.h"
#include "report/table.h"

namespace gre {

// What a benchmark's report is made from, and what it holds, in forms that the page and the files
// share. Pure; all references are views that must outlive the report.

struct ReportedSystem {
  std::string name;    // differs from the others'
  std::string source;  // the predictions' path
  // Which answers of raw replies counted: "any" or "fields" (bench/predictions_file.h); empty: the
  // file holds no replies.
  std::string answers;
  std::span<const Prediction> predictions;
  const Matching& matching;
  const RecordScores& records;
  const Scores& scores;
  std::span<const std::string> remarks;  // of reading the predictions
};

struct BenchReport {
  std::string truth_source;  // the truth's path
  std::span<const TruthRecord> truth;
  ScoreConventions conventions;
  std::vector<ReportedSystem> systems;  // not empty
  WorldLines world;
  std::string version;                            // of the program
  const PublishedBenchmark* published = nullptr;  // figures of papers to stand beside
  // What is made of the report is incomplete and to be thrown away once this is cancelled.
  const CancellationToken* cancellation = nullptr;

  [[nodiscard]] bool IsCancelled() const {
    return cancellation != nullptr && cancellation->IsCancelled();
  }
};

// Accuracies, GeoScore and distances, one system a row.
Table HeadlineTable(const BenchReport& report);
// The distances that stated shares of the answers lie within, one system a row.
Table PercentilesTable(const BenchReport& report);
// Country, region and what else of the place was compared, one system a row.
Table PlacesTable(const BenchReport& report);
// What makes figures doubtful; no rows where nothing does.
Table WarningsTable(const BenchReport& report);
// What became of every record, one system a row.
Table OutcomesTable(const BenchReport& report);
// How the figures were made: name, value.
Table ConventionsTable(const BenchReport& report);
// Calibration error, AUROC, area under the risk-coverage curve and coverage of the radii; no rows
// where no system states confidences or radii.
Table CalibrationTable(const BenchReport& report);
// Accuracy by group at BreakdownThresholdKm, for every label with at least two values, and by
// country and continent of the truth. Groups by falling size; of countries the kMostCountries
// largest.
std::vector<Table> BreakdownTables(const BenchReport& report);
// Every record of a system without a usable answer, and every truth without one: id, what became
// of it, why. Of more than `most` rows only the first, and a note with the number of the others.
Table FailuresTable(const BenchReport& report, const ReportedSystem& system,
                    size_t most = static_cast<size_t>(-1));
// One row for each scored record and system, for further work.
Table RecordsTable(const BenchReport& report);

// 25 km where it is among the thresholds, else the middle one.
double BreakdownThresholdKm(const BenchReport& report);
inline constexpr size_t kMostCountries = 12;

// A chart under a file name without extension: "distance_cdf", "groups_category",
// "error_map_SYSTEM", "countries_SYSTEM", "reliability", "risk_coverage".
struct NamedChart {
  std::string name;
  std::string svg;
};
std::vector<NamedChart> ReportCharts(const BenchReport& report);

// A record worth looking at.
struct ReportCase {
  size_t truth = 0;       // index
  size_t prediction = 0;  // index
  ErrorLine line;
};
struct ReportCases {
  std::vector<ReportCase> worst;  // farthest first
  std::vector<ReportCase> best;   // nearest first
};
// Up to `each` of both among the answers whose true point is known; never the same record twice.
ReportCases PickCases(const BenchReport& report, const ReportedSystem& system, size_t each);

}  // namespace gre
