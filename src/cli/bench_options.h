#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/matching.h"
#include "bench/predictions_file.h"
#include "bench/scoring.h"
#include "bench/truth_file.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/output_files.h"
#include "core/result.h"
#include "knowledge/country_points.h"
#include "knowledge/place_namer.h"
#include "report/bench_report.h"
#include "report/score_json.h"

namespace gre {

// The settings that score, compare and report share: which files, and the conventions.
struct BenchOptions {
  std::vector<std::string> predictions;
  std::string truth;
  PredictionFields prediction_fields;
  std::string answers = "auto";
  double confidence_max = 1;
  std::string protocol = "coordinates";  // or "names"
  TruthFields truth_fields;
  std::string thresholds;   // "1,25,200"
  std::string percentiles;  // "10,25,75,90"
  std::string distance;     // empty: the preset's
  std::string boundary;     // "le", "lt"; empty: the preset's
  std::string unparsed = "wrong";
  std::string missing = "ignore";
  std::string geoscore_scale_km;
  std::string preset;
  std::string places = "auto";
  int resamples = 10000;
  uint64_t seed = 1;
  std::string gallery;    // coordinates that the systems chose from
  std::string baselines;  // name of a published benchmark
};

std::vector<OptionSpec> BenchOptionSpecs(BenchOptions& options);

// The files that the options name, for CommandFiles.
std::vector<CommandFiles::File> BenchInputFiles(const BenchOptions& options);

// Whether the options of --protocol go together.
Status CheckProtocol(const BenchOptions& options);

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
  std::vector<std::string> remarks;   // of reading the truth
  std::vector<ScoredSystem> systems;  // in the order of --predictions
  ScoreConventions conventions;
  BesideScores beside;
  // Scores further predictions in the columns that the systems have; thread-safe.
  std::function<RecordScores(std::span<const TruthRecord> truth,
                             std::span<const Prediction> predictions, const Matching& matching)>
      score;
};

// How the options say that predictions are read.
PredictionOptions MakePredictionOptions(const BenchOptions& options, bool keep_text);

// Reads all files by one rule for raw replies (bench/predictions_file.h), side by side.
Result<std::vector<PredictionsFile>> ReadPredictionFiles(const std::vector<std::string>& paths,
                                                         const PredictionOptions& reading,
                                                         const CancellationToken& cancellation);

// The gazetteer of --protocol names; nullptr with another protocol. kUnavailable where it is
// missing.
Result<const Gazetteer*> NamesGazetteer(const BenchOptions& options, const PlaceNamer& namer);

// A name for each predictions file: without folder and extension, numbered where two are equal.
std::vector<std::string> SystemNames(const std::vector<std::string>& paths);

// Reads and scores everything that the options name, and looks for what makes it doubtful.
// `keep_text` keeps replies. From here to BeginLastStep an interruption ends the process at once.
Result<BenchInputs> LoadBench(const BenchOptions& options, CliContext& context, bool keep_text);

// What was remarked on reading, as notes.
void PrintRemarks(const BenchInputs& inputs, const CliContext& context);

// What the report's tables are made from; views of both.
BenchReport MakeReport(const BenchInputs& inputs, const BenchOptions& options);

}  // namespace gre
