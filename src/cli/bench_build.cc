// gre bench build: photos with known places -> a benchmark of GREval's kind.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "bench/benchmark_file.h"
#include "bench/build/benchmark_builder.h"
#include "bench/build/clue_matcher.h"
#include "bench/build/indicator_corpus.h"
#include "bench/predictions_file.h"
#include "bench/truth_file.h"
#include "cli/bench_commands.h"
#include "cli/context.h"
#include "cli/engine_options.h"
#include "cli/models.h"
#include "cli/output_files.h"
#include "cli/progress.h"
#include "cli/results_journal.h"
#include "core/file.h"
#include "core/sha256.h"
#include "dataset/photo_folder.h"
#include "generation/torch_loader.h"
#include "report/build_report.h"

namespace gre {
namespace {

struct BenchBuildOptions {
  std::string photos;
  std::string truth;
  TruthFields truth_fields;
  std::string split;
  double precision_km = 0;
  std::string name;
  std::string out;
  std::vector<std::string> chains;
  PredictionOptions chain_reading;
  CorpusOptions corpus;
  int corpus_min_chains = 2;
  std::string corpus_by = "rules";  // or "engine"
  std::vector<std::string> decisions;
  bool no_faces = false;
  std::string clip;
  std::optional<double> min_similarity;
  BuildOptions build;
  EngineOptions engine;
  bool force = false;
};

Error Missing(std::string what) {
  return {ErrorCode::kInvalidArgument, "'gre bench build' needs " + std::move(what)};
}

bool HasEngine(const BenchBuildOptions& options) {
  return !options.engine.model.empty() || !options.engine.api_url.empty();
}

// A build whose journal is there goes on with its own files.
Status CheckFiles(const BenchBuildOptions& options, const std::string& journal_path) {
  CommandFiles files = {
      .inputs = {{"--truth", options.truth}},
      .outputs = {{"--out", options.out}, {"--out", options.out + ".report.json"}},
      .force = options.force || FileExists(journal_path)};
  for (const std::string& path : options.chains) files.inputs.push_back({"--chains", path});
  for (const std::string& path : options.decisions) files.inputs.push_back({"--decisions", path});
  return CheckOutputFiles(files);
}

Status Check(const BenchBuildOptions& options, const CliContext& context) {
  if (options.photos.empty()) return Missing("--photos DIR");
  if (options.out.empty()) return Missing("--out FILE.jsonl");
  if (!options.out.ends_with(".jsonl")) {
    return Error{ErrorCode::kInvalidArgument,
                 "--out: expected a name that ends in .jsonl, found '" + options.out + "'"};
  }
  if (options.truth.empty() == options.split.empty()) {
    return Missing("either --truth FILE or --split NAME, where the photos' places stand");
  }
  if (!options.clip.empty()) {
    if (options.chains.empty()) return Missing("--chains, the indicator corpus, with --clip");
    if (!options.min_similarity) {
      return Missing("--min-similarity X with --clip: GREval's threshold is unpublished");
    }
  }
  if (options.corpus_by == "engine") {
    if (options.chains.empty())
      return Missing("--chains, from which the corpus is drawn, with --corpus engine");
    if (!HasEngine(options)) return Missing("--model or --api-url with --corpus engine");
  }
  return CheckEngineOptions(options.engine, context.environment());
}

Result<std::vector<TruthRecord>> ReadPhotos(const BenchBuildOptions& options,
                                            const CliContext& context) {
  std::vector<TruthRecord> records;
  if (!options.truth.empty()) {
    GRE_ASSIGN_OR_RETURN(TruthFile truth, ReadTruth(options.truth, options.truth_fields));
    for (const std::string& remark : truth.remarks) context.Note(remark);
    records = std::move(truth.records);
  } else {
    const auto split = ParsePhotoSplit(options.split);
    if (!split) {
      return Error{ErrorCode::kInvalidArgument,
                   "--split: expected train, dev or test, found '" + options.split + "'"};
    }
    GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> photos, ReadPhotoFolder(options.photos));
    for (const PhotoRecord& photo : photos) {
      if (photo.split != *split) continue;
      TruthRecord record{.id = photo.image,
                         .point = photo.point,
                         .country_code = photo.country_code,
                         .image = photo.image};
      record.labels["kind"] = PhotoKindName(photo.kind);
      records.push_back(std::move(record));
    }
  }
  for (TruthRecord& record : records) {
    if (record.point && record.precision_km == 0) record.precision_km = options.precision_km;
  }
  return records;
}

Result<std::vector<NamedChain>> ReadNamedChains(const BenchBuildOptions& options) {
  std::vector<NamedChain> chains;
  for (const std::string& path : options.chains) {
    GRE_ASSIGN_OR_RETURN(const PredictionsFile file, ReadPredictions(path, options.chain_reading));
    for (const Prediction& prediction : file.predictions) {
      if (prediction.text.empty()) continue;
      Chain chain = ParseChain(prediction.text);
      if (!chain.empty()) chains.push_back({path + ": " + prediction.id, std::move(chain)});
    }
  }
  return chains;
}

// Everything that the stages borrow.
struct Workshop {
  explicit Workshop(const CliContext& context)
      : namer(PlaceNamer::Open(context.cache_directory() + "/geodata")) {}

  PlaceNamer namer;
  IndicatorCorpus corpus;
  std::unique_ptr<ImageTextEmbedder> clip;
  std::unique_ptr<FaceDetector> faces;
  std::optional<AnnotatorDecisions> decisions;
  Engine engine;
  PromptTemplate label_prompt;
  PromptTemplate key_step_prompt;
  PromptTemplate corpus_prompt;
  BuildTools tools;
};

Status DrawCorpus(const BenchBuildOptions& options, CliContext& context, ResultJournal& journal,
                  Workshop& shop) {
  GRE_ASSIGN_OR_RETURN(const std::vector<NamedChain> named, ReadNamedChains(options));
  if (options.corpus_by == "rules") {
    std::vector<Chain> chains;
    chains.reserve(named.size());
    for (const NamedChain& each : named) chains.push_back(each.chain);
    shop.corpus.entries = BuildIndicatorCorpus(chains, shop.namer.gazetteer(), options.corpus);
    shop.corpus.drawn_by = "rules";
    shop.corpus.chains = named.size();
    return {};
  }
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "drawing the corpus",
                     .unit = "chains"},
                    static_cast<int64_t>(named.size()));
  TextAsker::Options asking;
  asking.seed = options.build.seed;
  asking.progress = [&](size_t done, size_t) { progress.Update(static_cast<int64_t>(done)); };
  TextAsker asker(*shop.tools.engine, std::move(asking), &journal, shop.tools.engine_settings);
  GRE_ASSIGN_OR_RETURN(shop.corpus, DrawCorpusByEngine(asker, shop.corpus_prompt, named,
                                                       options.corpus, context.cancellation()));
  progress.Clear();
  constexpr size_t kShownHash = 12;
  shop.corpus.drawn_by = shop.tools.engine_settings + " (prompt " +
                         shop.corpus_prompt.hash().substr(0, kShownHash) + ")";
  return {};
}

// CLIP and the corpus, to compare photos with.
Status EquipClues(const BenchBuildOptions& options, CliContext& context, ResultJournal& journal,
                  Workshop& shop) {
  GRE_RETURN_IF_ERROR(DrawCorpus(options, context, journal, shop));
  if (options.clip.empty()) {
    shop.tools.no_clues = options.chains.empty()
                              ? "no --chains, from which the indicator corpus is drawn"
                              : "no --clip model to compare photos with the indicator corpus";
    return {};
  }
  if (shop.corpus.entries.empty()) {
    shop.tools.no_clues = "the chains give no indicator corpus";
    return {};
  }
  GRE_ASSIGN_OR_RETURN(const std::string folder, ResolveModel(options.clip, context.environment()));
  GRE_ASSIGN_OR_RETURN(TorchPlugin* const plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(shop.clip, plugin->LoadImageTextEmbedder({.model_dir = folder}));
  std::vector<std::string> texts;
  std::string identity = shop.clip->info().model;
  for (const CorpusEntry& entry : shop.corpus.entries) {
    texts.push_back(entry.text);
    identity.append("\n").append(entry.text);
  }
  shop.tools.clues_settings =
      shop.clip->info().model + ", corpus " + Sha256Hex(identity).substr(0, 16);
  GRE_ASSIGN_OR_RETURN(shop.tools.clues,
                       MakeClueMatcher(*shop.clip, std::move(texts), options.build.max_clues));
  return {};
}

Status EquipEngine(const BenchBuildOptions& options, const CliContext& context, Workshop& shop) {
  if (!HasEngine(options)) {
    shop.tools.no_engine = "no vision-language model: give --model or --api-url";
    return {};
  }
  for (const auto& [name, prompt] :
       {std::pair{"prompts/photo_labels.prompt", &shop.label_prompt},
        std::pair{"prompts/key_steps.prompt", &shop.key_step_prompt},
        std::pair{"prompts/corpus_entries.prompt", &shop.corpus_prompt}}) {
    GRE_ASSIGN_OR_RETURN(const std::string path, FindShipped(name));
    GRE_ASSIGN_OR_RETURN(*prompt, PromptTemplate::Load(path));
  }
  GRE_ASSIGN_OR_RETURN(shop.tools.engine_settings,
                       DescribeModelIdentity(options.engine, context.environment()));
  GRE_ASSIGN_OR_RETURN(shop.engine, MakeEngine(options.engine, context.environment()));
  shop.tools.engine = shop.engine.generator.get();
  shop.tools.label_prompt = &shop.label_prompt;
  shop.tools.key_step_prompt = &shop.key_step_prompt;
  return {};
}

Status Equip(const BenchBuildOptions& options, CliContext& context, ResultJournal& journal,
             Workshop& shop) {
  shop.tools.namer = &shop.namer;
  GRE_RETURN_IF_ERROR(EquipEngine(options, context, shop));
  GRE_RETURN_IF_ERROR(EquipClues(options, context, journal, shop));
  if (options.no_faces) {
    shop.tools.no_faces = "--no-faces";
  } else if (auto detector = LoadFaceDetector(); detector.ok()) {
    shop.faces = std::move(*detector);
    shop.tools.faces = shop.faces.get();
  } else {
    shop.tools.no_faces = detector.error().message;
  }
  if (options.decisions.empty()) {
    shop.tools.no_decisions = "no --decisions of annotators";
  } else {
    GRE_ASSIGN_OR_RETURN(shop.decisions, ReadAnnotatorDecisions(options.decisions));
    shop.tools.decisions = &*shop.decisions;
  }
  return {};
}

std::string Outcome(const BuildStage& stage) {
  if (!stage.skipped.empty()) return "skipped: " + stage.skipped;
  return "done, " + std::to_string(stage.dropped) + " dropped, " + std::to_string(stage.failed) +
         " without a result";
}

Error NothingLeft(const BuiltBenchmark& built) {
  std::string why = "the benchmark would be empty, so nothing was written";
  if (!built.dropped.empty()) {
    const DroppedPhoto& first = built.dropped.front();
    why += ": " + std::to_string(built.dropped.size()) + " photos were dropped, the first, '" +
           first.id + "', by stage " + first.stage + ": " + first.reason;
  }
  return {ErrorCode::kInvalidInput, why};
}

Result<BuiltBenchmark> Build(const BenchBuildOptions& options, CliContext& context,
                             Workshop& shop) {
  GRE_RETURN_IF_ERROR(Check(options, context));
  const std::string journal_path = options.out + ".build";
  GRE_RETURN_IF_ERROR(CheckFiles(options, journal_path));
  if (!DirectoryExists(options.photos)) {
    return Error{ErrorCode::kNotFound,
                 "--photos '" + options.photos + "': there is no such folder"};
  }
  GRE_ASSIGN_OR_RETURN(const std::vector<TruthRecord> photos, ReadPhotos(options, context));
  GRE_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(journal_path));
  GRE_ASSIGN_OR_RETURN(ResultJournal journal, ResultJournal::Open(journal_path, "gre.build/1"));
  GRE_RETURN_IF_ERROR(Equip(options, context, journal, shop));
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "building",
                     .unit = "photos"},
                    static_cast<int64_t>(photos.size()));
  const auto report = [&](const BuildProgress& now) {
    const size_t before = photos.size() - now.photos;
    progress.Update(static_cast<int64_t>(before + now.done), 0, now.stage);
  };
  GRE_ASSIGN_OR_RETURN(BuiltBenchmark built,
                       BuildBenchmark(photos, options.photos, shop.tools, options.build, journal,
                                      report, context.cancellation()));
  if (built.records.empty()) return NothingLeft(built);
  built.failures.insert(built.failures.begin(), shop.corpus.failures.begin(),
                        shop.corpus.failures.end());
  BenchmarkHeader header;
  header.name = options.name.empty() ? std::string("unnamed") : options.name;
  header.reviewed = built.reviewed;
  header.dropped = built.dropped.size();
  for (const BuildStage& stage : built.stages)
    header.stages.emplace_back(stage.name, Outcome(stage));
  GRE_RETURN_IF_ERROR(WriteBenchmark(options.out, header, built.records));
  GRE_RETURN_IF_ERROR(
      WriteFileAtomically(options.out + ".report.json", BuildJson(built, shop.corpus) + "\n"));
  return built;
}

std::vector<OptionSpec> Options(BenchBuildOptions& options) {
  const auto text = [](const char* name, const char* value_name, const char* help, auto& target,
                       bool is_path = false) {
    return OptionSpec{.name = name,
                      .value_name = value_name,
                      .help = help,
                      .target = &target,
                      .configurable = false,
                      .is_path = is_path};
  };
  std::vector<OptionSpec> specs = {
      text("photos", "DIR", "The folder of the photos", options.photos, true),
      text("truth", "FILE", "Where they were taken: CSV, TSV, JSON or JSON Lines", options.truth,
           true),
      text("truth-id", "FIELD", "The photo's id in it", options.truth_fields.id),
      text("truth-lat", "FIELD", "The latitude in it", options.truth_fields.latitude),
      text("truth-lon", "FIELD", "The longitude in it", options.truth_fields.longitude),
      text("split", "NAME",
           "Instead of --truth: this split of a folder with splits.csv and "
           "labels.csv",
           options.split),
      {.name = "precision-km",
       .value_name = "KM",
       .help = "How far off the points may be, where the truth does not say",
       .target = &options.precision_km,
       .min = 0,
       .configurable = false},
      text("name", "NAME", "What the benchmark is called", options.name),
      text("out", "FILE", "The benchmark to write, .jsonl", options.out, true),
      text("chains", "FILE", "Answers with chains, from which the indicator corpus is drawn",
           options.chains, true),
      text("chain-id", "FIELD", "The photo's id in them", options.chain_reading.fields.id),
      text("chain-text", "FIELD", "The raw reply in them", options.chain_reading.fields.text),
      {.name = "corpus",
       .value_name = "HOW",
       .help = "The corpus is drawn by rules on English text, or by the engine, chain by chain",
       .target = &options.corpus_by,
       .choices = {"rules", "engine"},
       .configurable = false},
      {.name = "corpus-min-chains",
       .value_name = "N",
       .help = "An entry of the corpus stands in so many chains",
       .target = &options.corpus_min_chains,
       .min = 1,
       .configurable = false},
      text("clip", "DIR", "A CLIP model that compares photos with the indicator corpus",
           options.clip, true),
      {.name = "min-similarity",
       .value_name = "X",
       .help = "With --clip: photos whose best cosine to the corpus is less are dropped",
       .target = &options.min_similarity,
       .min = -1,
       .max = 1,
       .configurable = false},
      {.name = "max-face-share",
       .value_name = "X",
       .help = "Photos that one face covers to more than this share are dropped",
       .target = &options.build.max_face_share,
       .min = 0,
       .max = 1,
       .configurable = false},
      {.name = "no-faces",
       .help = "Skip the search for faces",
       .target = &options.no_faces,
       .configurable = false},
      text("decisions", "FILE",
           "An annotator's decisions (CSV: id, country, city); three or more "
           "of them",
           options.decisions, true),
      {.name = "seed",
       .value_name = "N",
       .help = "Of the engine's sampling",
       .target = &options.build.seed,
       .configurable = false},
      ForceOption(options.force),
  };
  for (OptionSpec& spec : EngineOptionSpecs(options.engine)) {
    if (spec.name == "model") {
      spec.help =
          "A vision-language model that labels photos, drafts key steps and, with --corpus "
          "engine, reads the chains: a folder, or "
          "ORG/NAME in the Hugging Face cache";
      spec.configurable = false;
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

CommandSpec BenchBuildCommand() {
  const auto options = std::make_shared<BenchBuildOptions>();
  CommandSpec command;
  command.name = "build";
  command.summary = "Builds a benchmark from photos whose places are known";
  command.description =
      "GREval's construction (docs/benchmark-building.md): what needs a model or people that are "
      "not there is skipped and named. Writes the benchmark, FILE.report.json with every dropped "
      "photo and why, and FILE.build, with which an interrupted build goes on. Photos are listed "
      "by path and hash, never copied.\n"
      "  gre bench build --photos PHOTOS --truth places.csv --name mine --out mine.jsonl\n"
      "  gre bench build --photos PHOTOS --truth places.csv --chains answers.jsonl --api-url URL "
      "--api-model NAME --decisions a.csv --decisions b.csv --decisions c.csv --out mine.jsonl";
  command.options = Options(*options);
  command.run = [options](CliContext& context) -> ExitCode {
    options->chain_reading.keep_text = true;
    options->corpus.min_chains = static_cast<size_t>(options->corpus_min_chains);
    options->build.min_similarity = options->min_similarity.value_or(0);
    Workshop shop(context);
    const Result<BuiltBenchmark> built = Build(*options, context, shop);
    if (!built.ok()) return context.Fail(built.error());
    context.out.Write(context.json ? BuildJson(*built, shop.corpus, -1) + "\n" : BuildText(*built));
    constexpr size_t kShown = 10;
    for (size_t i = 0; i < std::min(kShown, built->failures.size()); ++i) {
      context.Note(built->failures[i]);
    }
    return context.Finish(built->failures.empty() ? kExitDone : kExitSomeFailed);
  };
  return command;
}

}  // namespace gre
