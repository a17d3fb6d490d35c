#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/country_points.h"
#include "bench/matching.h"
#include "bench/predictions_file.h"
#include "bench/scoring.h"
#include "bench/truth_file.h"
#include "cli/command.h"
#include "cli/context.h"
#include "core/result.h"

namespace gre {

// The settings that score, compare and report share: which files, and the conventions.
struct BenchOptions {
  std::vector<std::string> predictions;
  std::string truth;
  PredictionFields prediction_fields;
  std::string answers = "auto";
  TruthFields truth_fields;
  std::string thresholds;  // "1,25,200"
  std::string distance;    // empty: the preset's
  std::string boundary;    // "le", "lt"; empty: the preset's
  std::string unparsed = "wrong";
  std::string missing = "ignore";
  std::string geoscore_scale_km;
  std::string preset;
  int resamples = 10000;
  uint64_t seed = 1;
};

std::vector<OptionSpec> BenchOptionSpecs(BenchOptions& options);

// The conventions that the options name; kInvalidArgument names the flag.
Result<ScoreConventions> MakeConventions(const BenchOptions& options);

// One system's predictions on the truth, scored record by record.
struct ScoredSystem {
  std::string name;  // the file's name without folder and extension
  PredictionsFile file;
  Matching matching;
  RecordScores records;
  Scores scores;
};

struct BenchInputs {
  std::vector<TruthRecord> truth;
  std::vector<ScoredSystem> systems;  // in the order of --predictions
  ScoreConventions conventions;
};

// Reads and scores everything that the options name. `keep_text` keeps replies.
Result<BenchInputs> LoadBench(const BenchOptions& options, CliContext& context, bool keep_text);

}  // namespace gre
