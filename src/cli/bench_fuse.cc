// gre bench fuse: several systems' answers to the same photos -> one.
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/fusion/fusion_systems.h"
#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
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

std::vector<OptionSpec> AllOptions(BenchFuseOptions& options) {
  std::vector<OptionSpec> specs = BenchOptionSpecs(options.bench);
  const auto path = [](std::string name, std::string help, std::string& target) {
    return OptionSpec{.name = std::move(name),
                      .value_name = "FILE",
                      .help = std::move(help),
                      .target = &target,
                      .configurable = false,
                      .is_path = true};
  };
  specs.push_back(path("out", "The fused answers, .jsonl or .csv", options.out));
  specs.push_back({.name = "folds",
                   .value_name = "N",
                   .help = "Parts of the cross-validation",
                   .target = &options.folds,
                   .min = 2,
                   .max = 1000,
                   .configurable = false});
  specs.push_back({.name = "place-km",
                   .value_name = "KM",
                   .help = "Photos this near to each other are never split across folds",
                   .target = &options.place_km,
                   .min = 0,
                   .max = 5000,
                   .configurable = false});
  specs.push_back(path("save-weights", "Writes what was learned from all photos, for --weights",
                       options.save_weights));
  specs.push_back(
      path("weights", "Fuses with weights learned before; needs no truth", options.weights));
  specs.push_back(ForceOption(options.force));
  return specs;
}

Error UsageError(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// With --weights only the options that say how predictions are read have an effect.
Status CheckEffect(const BenchFuseOptions& options) {
  constexpr std::string_view kReading[] = {
      "predictions",     "pred-id",        "pred-text", "pred-lat", "pred-lon",
      "pred-confidence", "confidence-max", "answers",   "protocol", "pred-name"};
  BenchFuseOptions given = options;
  BenchFuseOptions defaults;
  const std::vector<OptionSpec> specs = AllOptions(given);
  const std::vector<OptionSpec> default_specs = AllOptions(defaults);
  for (size_t i = 0; i < specs.size(); ++i) {
    const OptionSpec& spec = specs[i];
    const bool has_effect = std::ranges::find(kReading, spec.name) != std::end(kReading) ||
                            spec.name == "out" || spec.name == "weights" || spec.name == "force";
    if (has_effect || TargetText(spec) == TargetText(default_specs[i])) continue;
    return UsageError("--" + spec.name +
                      ": has no effect with --weights, where nothing is learned " +
                      "or scored; leave it out");
  }
  return {};
}

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
  if (!options.weights.empty() && options.out.empty()) {
    return UsageError("--weights: expected --out FILE as well: without truth there is no report");
  }
  const bool known =
      options.out.empty() || options.out.ends_with(".jsonl") || options.out.ends_with(".csv");
  if (!known) {
    return UsageError("--out: expected a name that ends in .jsonl or .csv, found '" + options.out +
                      "'");
  }
  if (!options.weights.empty()) GRE_RETURN_IF_ERROR(CheckEffect(options));
  GRE_RETURN_IF_ERROR(CheckProtocol(options.bench));
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
  EndAtOnceWhenInterrupted(context.json);
  GRE_ASSIGN_OR_RETURN(const std::string json, ReadFile(options.weights));
  auto model = ParseFusionModel(json);
  if (!model.ok()) return std::move(model).error().Wrap(options.weights);
  if (model->settings.use_confidence && model->confidence_max != options.bench.confidence_max) {
    return UsageError("--confidence-max: the weights in " + options.weights +
                      " were learned from confidences up to " +
                      FormatShortest(model->confidence_max) + ", found " +
                      FormatShortest(options.bench.confidence_max));
  }
  const PlaceNamer namer = PlaceNamer::Open(context.cache_directory() + "/geodata");
  PredictionOptions reading = MakePredictionOptions(options.bench, /*keep_text=*/false);
  GRE_ASSIGN_OR_RETURN(reading.names, NamesGazetteer(options.bench, namer));
  const std::vector<std::string> names = SystemNames(options.bench.predictions);
  GRE_ASSIGN_OR_RETURN(
      const std::vector<PredictionsFile> files,
      ReadPredictionFiles(options.bench.predictions, reading, context.cancellation()));
  std::vector<FusionInput> inputs;
  for (size_t i = 0; i < files.size(); ++i) inputs.push_back({names[i], files[i].predictions});
  GRE_ASSIGN_OR_RETURN(const std::vector<TruthRecord> photos, PhotosOf(inputs));
  GRE_ASSIGN_OR_RETURN(const FusionPhotos votes, CollectVotes(photos, inputs, options.place_km));
  if (const Status known = CheckSystems(*model, votes.systems); !known.ok()) {
    return Error(known.error()).Wrap(options.weights);
  }
  const std::vector<FusedPhoto> fused = FusePhotos(votes.photos, *model);
  GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
  GRE_RETURN_IF_ERROR(WriteFused(options, photos, fused, votes.systems));
  for (const PredictionsFile& file : files) {
    for (const std::string& remark : file.remarks) context.Note(remark);
  }
  const auto answered = static_cast<size_t>(std::ranges::count_if(
      fused, [](const FusedPhoto& photo) { return photo.answer.has_value(); }));
  if (context.json) {
    context.out.WriteLine(
        DumpJson({{"out", options.out}, {"photos", photos.size()}, {"answered", answered}}));
  } else {
    context.Note(std::to_string(photos.size()) + " photos fused into " + options.out + ", " +
                 std::to_string(answered) + " with an answer");
  }
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
  fused.fusion.model.confidence_max = options.bench.confidence_max;
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
    context.out.WriteLine(FusionReportJson(report, MakeReport(fused.inputs, options.bench)));
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
  command.options = AllOptions(*options);
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
    PrintRemarks(fused->inputs, context);
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
