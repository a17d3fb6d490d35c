// gre bench fuse: several systems' answers to the same photos -> one.
#include <memory>
#include <utility>

#include "bench/fusion/fusion_systems.h"
#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "core/file.h"
#include "report/fusion_tables.h"
#include "report/score_text.h"

namespace gre {
namespace {

struct BenchFuseOptions {
  BenchOptions bench;
  int folds = 10;
  double place_km = 25;
  std::string out;
  std::string weights;
  std::string save_weights;
  bool force = false;
};

Error UsageError(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Status CheckOptions(const BenchFuseOptions& options) {
  if (options.bench.predictions.size() < 2) {
    return UsageError("expected --predictions at least twice; 'gre bench fuse --help' shows how");
  }
  GRE_RETURN_IF_ERROR(RefuseRepeatedFiles("--predictions", options.bench.predictions));
  if (options.bench.truth.empty() == options.weights.empty()) {
    return UsageError(
        "expected either --truth FILE, to learn the weights and measure the gain, or --weights "
        "FILE, to fuse with weights learned before");
  }
  if (!options.weights.empty() && !options.save_weights.empty()) {
    return UsageError("--save-weights: needs --truth; with --weights nothing is learned");
  }
  if (!options.weights.empty() && options.out.empty()) {
    return UsageError("--weights: expected --out FILE as well: without truth there is no report");
  }
  const bool known =
      options.out.empty() || options.out.ends_with(".jsonl") || options.out.ends_with(".csv");
  if (!known) {
    return UsageError("--out: expected a name that ends in .jsonl or .csv, found '" + options.out +
                      "'");
  }
  CommandFiles files = {
      .inputs = BenchInputFiles(options.bench),
      .outputs = {{"--out", options.out}, {"--save-weights", options.save_weights}},
      .force = options.force};
  files.inputs.push_back({"--weights", options.weights});
  return CheckOutputFiles(files);
}

Status WriteFused(const BenchFuseOptions& options, std::span<const TruthRecord> truth,
                  std::span<const FusedPhoto> photos, std::span<const std::string> systems) {
  if (options.out.empty()) return {};
  return WriteFileAtomically(options.out,
                             FusedFile(truth, photos, systems, options.out.ends_with(".csv")));
}

// Without truth: the weights say everything.
Status FuseWithWeights(const BenchFuseOptions& options, CliContext& context) {
  GRE_ASSIGN_OR_RETURN(const std::string json, ReadFile(options.weights));
  auto model = ParseFusionModel(json);
  if (!model.ok()) return std::move(model).error().Wrap(options.weights);
  const PredictionOptions reading = MakePredictionOptions(options.bench, /*keep_text=*/false);
  const std::vector<std::string> names = SystemNames(options.bench.predictions);
  std::vector<PredictionsFile> files;
  std::vector<FusionInput> inputs;
  for (const std::string& path : options.bench.predictions) {
    GRE_ASSIGN_OR_RETURN(PredictionsFile file,
                         ReadPredictions(path, reading, context.cancellation()));
    files.push_back(std::move(file));
  }
  for (size_t i = 0; i < files.size(); ++i) inputs.push_back({names[i], files[i].predictions});
  GRE_ASSIGN_OR_RETURN(const std::vector<TruthRecord> photos, PhotosOf(inputs));
  GRE_ASSIGN_OR_RETURN(const FusionPhotos votes, CollectVotes(photos, inputs, options.place_km));
  if (const Status known = CheckSystems(*model, votes.systems); !known.ok()) {
    return Error(known.error()).Wrap(options.weights);
  }
  const std::vector<FusedPhoto> fused = FusePhotos(votes.photos, *model);
  GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
  GRE_RETURN_IF_ERROR(WriteFused(options, photos, fused, votes.systems));
  context.Note(std::to_string(photos.size()) + " photos fused into " + options.out);
  return {};
}

struct Fused {
  BenchInputs inputs;
  FusionPhotos votes;
  CrossValidatedFusion fusion;
  std::vector<ScoredSystem> singles;  // each system on all photos that any was asked
  std::vector<size_t> added;          // of each: photos that only others have
  ScoredSystem system;                // the fused answers
  std::vector<FusionGain> gains;
};

Result<Fused> FuseWithTruth(const BenchFuseOptions& options, CliContext& context) {
  Fused fused;
  GRE_ASSIGN_OR_RETURN(fused.inputs, LoadBench(options.bench, context, /*keep_text=*/false));
  const BenchInputs& inputs = fused.inputs;
  std::vector<FusionInput> systems;
  for (const ScoredSystem& system : inputs.systems) {
    systems.push_back({system.name, system.file.predictions});
  }
  GRE_ASSIGN_OR_RETURN(fused.votes, CollectVotes(inputs.truth, systems, options.place_km));
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "learning",
                     .unit = "fits"},
                    options.folds + 1);
  const auto report = [&](size_t done, size_t) { progress.Update(static_cast<int64_t>(done)); };
  GRE_ASSIGN_OR_RETURN(fused.fusion,
                       CrossValidateFusion(fused.votes.photos, fused.votes.systems,
                                           static_cast<size_t>(options.folds), options.bench.seed,
                                           context.cancellation(), report));
  progress.Clear();
  BootstrapOptions bootstrap;
  bootstrap.resamples = options.bench.resamples;
  bootstrap.seed = options.bench.seed;
  const auto score = [&](std::string name,
                         std::vector<Prediction> predictions) -> Result<ScoredSystem> {
    ScoredSystem system;
    system.name = std::move(name);
    system.file.predictions = std::move(predictions);
    GRE_ASSIGN_OR_RETURN(system.matching, MatchPredictions(inputs.truth, system.file.predictions));
    system.records = inputs.score(inputs.truth, system.file.predictions, system.matching);
    system.scores = Summarize(inputs.truth, system.file.predictions, system.matching,
                              system.records, inputs.conventions, bootstrap);
    return system;
  };
  std::vector<ComparedSystem> singles;
  for (const ScoredSystem& system : inputs.systems) {
    std::vector<Prediction> complete = CompletePredictions(inputs.truth, system.file.predictions,
                                                           system.matching, fused.votes.photos);
    fused.added.push_back(complete.size() - system.file.predictions.size());
    GRE_ASSIGN_OR_RETURN(ScoredSystem scored, score(system.name, std::move(complete)));
    fused.singles.push_back(std::move(scored));
  }
  for (const ScoredSystem& system : fused.singles) {
    singles.push_back({system.name, system.file.predictions, &system.records});
  }
  GRE_ASSIGN_OR_RETURN(fused.system,
                       score("fused", FusedPredictions(inputs.truth, fused.fusion.photos)));
  fused.gains = MeasureFusionGains(
      inputs.truth, singles,
      {fused.system.name, fused.system.file.predictions, &fused.system.records}, bootstrap);
  GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
  GRE_RETURN_IF_ERROR(WriteFused(options, inputs.truth, fused.fusion.photos, fused.votes.systems));
  if (!options.save_weights.empty()) {
    GRE_RETURN_IF_ERROR(
        WriteFileAtomically(options.save_weights, FusionModelJson(fused.fusion.model)));
  }
  return fused;
}

void Print(const Fused& fused, const BenchFuseOptions& options, CliContext& context) {
  FusionReport report = {.singles = {},
                         .fused = &fused.system.scores,
                         .gains = fused.gains,
                         .folds = static_cast<size_t>(options.folds),
                         .place_km = options.place_km,
                         .places = fused.votes.places,
                         .largest_place = fused.votes.largest_place,
                         .settings = fused.fusion.settings};
  for (size_t i = 0; i < fused.singles.size(); ++i) {
    report.singles.push_back({fused.singles[i].name, &fused.singles[i].scores, fused.added[i]});
  }
  if (context.json) {
    context.out.WriteLine(FusionReportJson(report, fused.inputs.conventions));
    return;
  }
  for (const Table& table : FusionTables(report)) {
    context.out.Write(FormatTableText(table) + "\n");
  }
  context.out.Write(CaveatsText(MakeReport(fused.inputs, options.bench)));
}

}  // namespace

CommandSpec BenchFuseCommand() {
  const auto options = std::make_shared<BenchFuseOptions>();
  CommandSpec command;
  command.name = "fuse";
  command.summary = "Joins several systems' answers into one and measures what that gains";
  command.description =
      "Each system votes with its calibrated reliability; the answer is the place of highest "
      "expected GeoScore, never one between two places that nobody proposed. With --truth all that "
      "is learned is learned by cross-validation over places, so that no photo is fused with "
      "knowledge of its own place, and the gain over the best single system is reported "
      "(docs/metrics.md).\n"
      "  gre bench fuse --predictions a.jsonl --predictions b.jsonl --predictions c.jsonl --truth "
      "truth.csv --out fused.jsonl --save-weights weights.json\n"
      "  gre bench fuse --predictions new/a.jsonl --predictions new/b.jsonl --predictions "
      "new/c.jsonl --weights weights.json --out fused.csv\n"
      "Weights belong to systems by the names of their files.";
  command.options = BenchOptionSpecs(options->bench);
  const auto path = [](std::string name, std::string help, std::string& target) {
    return OptionSpec{.name = std::move(name),
                      .value_name = "FILE",
                      .help = std::move(help),
                      .target = &target,
                      .configurable = false,
                      .is_path = true};
  };
  command.options.push_back(path("out", "The fused answers, .jsonl or .csv", options->out));
  command.options.push_back({.name = "folds",
                             .value_name = "N",
                             .help = "Parts of the cross-validation",
                             .target = &options->folds,
                             .min = 2,
                             .max = 1000,
                             .configurable = false});
  command.options.push_back({.name = "place-km",
                             .value_name = "KM",
                             .help = "Photos this near to each other are never split across folds",
                             .target = &options->place_km,
                             .min = 0,
                             .max = 5000,
                             .configurable = false});
  command.options.push_back(path("save-weights",
                                 "Writes what was learned from all photos, for --weights",
                                 options->save_weights));
  command.options.push_back(
      path("weights", "Fuses with weights learned before; needs no truth", options->weights));
  command.options.push_back(ForceOption(options->force));
  command.run = [options](CliContext& context) -> ExitCode {
    if (const Status checked = CheckOptions(*options); !checked.ok()) {
      return context.Fail(checked.error());
    }
    if (!options->weights.empty()) {
      const Status done = FuseWithWeights(*options, context);
      return done.ok() ? context.Finish(kExitDone) : context.Fail(done.error());
    }
    const Result<Fused> fused = FuseWithTruth(*options, context);
    if (!fused.ok()) return context.Fail(fused.error());
    Print(*fused, *options, context);
    for (const ScoredSystem& system : fused->inputs.systems) {
      for (const std::string& remark : system.file.remarks) context.Note(remark);
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
