#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "bench/leakage.h"
#include "bench/published.h"
#include "bench/scoring.h"
#include "report/bench_report.h"

namespace gre {

// What stands beside the scores where it was asked for.
struct BesideScores {
  const PublishedBenchmark* published = nullptr;
  std::optional<GalleryOverlap> gallery = {};
  // "chain_quality" (report/chain_report.h); null: chains were not measured.
  const nlohmann::ordered_json* chain_quality = nullptr;
};

// The object that `gre bench score --json` prints for one system of a report
// (docs/score-schema.json). Figures without any applicable record are null. `indent` < 0: one line
// without line end.
std::string ScoreJson(const BenchReport& report, const ReportedSystem& system, int indent = -1,
                      const BesideScores& beside = {});

// [{"system", "kind", "records", "message"}] of all systems of a report.
nlohmann::ordered_json WarningsJson(const BenchReport& report);
// The conventions of a report as an object, with the rule for raw replies of each system
// ("answers").
nlohmann::ordered_json ConventionsJson(const BenchReport& report, std::string_view interval_method);

}  // namespace gre
