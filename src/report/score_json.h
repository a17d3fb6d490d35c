#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/leakage.h"
#include "bench/published.h"
#include "bench/scoring.h"

namespace gre {

// What stands beside the scores where it was asked for.
struct BesideScores {
  const PublishedBenchmark* published = nullptr;
  std::optional<GalleryOverlap> gallery = {};
  // "chain_quality" (report/chain_report.h); null: chains were not measured.
  const nlohmann::ordered_json* chain_quality = nullptr;
};

// The object that `gre bench score --json` prints (docs/score-schema.json). Figures without any
// applicable record are null. `indent` < 0: one line without line end.
std::string ScoreJson(const Scores& scores, const ScoreConventions& conventions, int indent = -1,
                      const BesideScores& beside = {});

}  // namespace gre
