#include "cli/bench_chains.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "bench/chains/chain_scorers.h"
#include "bench/chains/step_judge.h"
#include "bench/result_journal.h"
#include "bench/text_asker.h"
#include "cli/models.h"
#include "cli/progress.h"
#include "cli/results_journal.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/photo_index.h"
#include "generation/torch_loader.h"
#include "image/decode.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

Result<ChainQualityOptions> QualityOptions(const ChainCommandOptions& options,
                                           const BenchOptions& bench) {
  ChainQualityOptions quality;
  quality.bootstrap.resamples = bench.resamples;
  quality.bootstrap.seed = bench.seed;
  quality.match_cosine = options.match_cosine;
  quality.empty = options.empty == "zero" ? ChainQualityOptions::Empty::kZero
                                          : ChainQualityOptions::Empty::kLeaveOut;
  if (options.weights.empty()) return quality;
  const std::vector<std::string_view> parts = Split(options.weights, ':');
  const Error bad{ErrorCode::kInvalidArgument,
                  "--chain-weights: expected BACKGROUND:CAPTION:INFERENCE, three numbers from 0, "
                  "not all 0, found '" +
                      options.weights + "'"};
  if (parts.size() != 3) return bad;
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) {
    const auto weight = ParseDouble(parts[i]);
    if (!weight || *weight < 0) return bad;
    quality.weights[i] = *weight;
    sum += *weight;
  }
  if (sum <= 0) return bad;
  quality.weights_assumed = false;
  return quality;
}

// The language model that classes statements and says which of them are reasonable. Its answers are
// kept in the cache folder, so that a run that is interrupted, or done again, asks nothing twice.
struct Judge {
  std::unique_ptr<TextGenerator> engine;
  std::optional<FileLock> lock;
  std::optional<ResultJournal> journal;
  std::string identity;  // of the model
  PromptTemplate classes;
  PromptTemplate verdicts;
  std::string model;

  [[nodiscard]] std::string Name(const PromptTemplate& prompt) const {
    constexpr size_t kShownHash = 12;
    return "judge " + model + " (prompt " + prompt.hash().substr(0, kShownHash) + ")";
  }
};

Status LoadJudge(const ChainCommandOptions& options, const CliContext& context, Judge& judge) {
  EngineOptions engine;
  engine.api_url = options.judge_url;
  (options.judge_url.empty() ? engine.model : engine.api_model) = options.judge_model;
  GRE_RETURN_IF_ERROR(CheckEngineOptions(engine, context.environment()));
  judge.model = options.judge_model;
  for (const auto& [name, prompt] : {std::pair{"prompts/step_classes.prompt", &judge.classes},
                                     std::pair{"prompts/step_verdicts.prompt", &judge.verdicts}}) {
    GRE_ASSIGN_OR_RETURN(const std::string path, FindShipped(name));
    GRE_ASSIGN_OR_RETURN(*prompt, PromptTemplate::Load(path));
  }
  GRE_ASSIGN_OR_RETURN(judge.identity, DescribeModelIdentity(engine, context.environment()));
  const std::string folder = context.cache_directory() + "/judge";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    return Error{ErrorCode::kUnavailable, "judge: " + folder + ": " + failed.message()};
  }
  const std::string path = folder + "/" + Sha256Hex(judge.identity).substr(0, 16) + ".jsonl";
  GRE_ASSIGN_OR_RETURN(judge.lock, FileLock::Take(path));
  GRE_ASSIGN_OR_RETURN(judge.journal, ResultJournal::Open(path, "gre.judge/1"));
  GRE_ASSIGN_OR_RETURN(Engine made, MakeEngine(engine, context.environment()));
  judge.engine = std::move(made.generator);
  return {};
}

// The encoders behind the figures that need some, and what they could not see.
struct ScoringModels {
  std::unique_ptr<Embedder> embedder;
  std::unique_ptr<ImageTextEmbedder> clip;
  std::optional<PhotoIndex> photos;
  ChainScorers scorers;
  size_t missing_photos = 0;
  std::string first_missing;
};

bool AnyHas(const std::vector<TruthRecord>& truth,
            std::vector<std::string> TruthRecord::*annotation) {
  return std::ranges::any_of(
      truth, [&](const TruthRecord& record) { return !(record.*annotation).empty(); });
}

Status LoadTextEncoder(const std::string& model, const CliContext& context, ScoringModels& models) {
  GRE_ASSIGN_OR_RETURN(const std::string folder,
                       ResolveTextEncoder(model, context.cache_directory(), context.environment()));
  GRE_ASSIGN_OR_RETURN(TorchPlugin* const plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(models.embedder, plugin->LoadEmbedder({.model_dir = folder}));
  UseEmbedder(*models.embedder, models.scorers);
  return {};
}

// Loads only what some annotation asks for. A default that is not there leaves its figures
// uncomputed; a model that was named must load.
Status LoadScoringModels(const ChainCommandOptions& options, const std::vector<TruthRecord>& truth,
                         const CliContext& context, ScoringModels& models) {
  if (AnyHas(truth, &TruthRecord::key_steps)) {
    if (const Status status = LoadTextEncoder(options.embedder, context, models); !status.ok()) {
      if (!options.embedder.empty()) return Error{status.error()}.Wrap("--embedder");
      models.scorers.no_embedder = status.error().message;
    }
  }
  if (options.clip.empty() || !AnyHas(truth, &TruthRecord::captions)) return {};
  GRE_ASSIGN_OR_RETURN(const std::string folder, ResolveModel(options.clip, context.environment()));
  GRE_ASSIGN_OR_RETURN(models.photos, PhotoIndex::Open(options.photos));
  GRE_ASSIGN_OR_RETURN(TorchPlugin* const plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(models.clip, plugin->LoadImageTextEmbedder({.model_dir = folder}));
  const auto load = [&models](const TruthRecord& record) -> Result<RgbImage> {
    GRE_ASSIGN_OR_RETURN(const std::string path,
                         models.photos->Find(record.image.empty() ? record.id : record.image));
    return DecodeImageFile((std::filesystem::path(models.photos->folder()) / path).string());
  };
  UseClip(
      *models.clip,
      [&models, load](const TruthRecord& record) {
        Result<RgbImage> photo = load(record);
        if (!photo.ok() && models.missing_photos++ == 0) {
          models.first_missing = photo.error().message;
        }
        return photo;
      },
      models.scorers);
  return {};
}

}  // namespace

std::vector<OptionSpec> ChainOptionSpecs(ChainCommandOptions& options) {
  return {
      {.name = "chains",
       .help = "Also measure the chains of reasoning (docs/metrics.md, Chains)",
       .target = &options.chains,
       .configurable = false},
      {.name = "chain-records",
       .help = "With --json: the chain figures and findings of every record too",
       .target = &options.records,
       .configurable = false},
      {.name = "chain-weights",
       .value_name = "B:C:I",
       .help = "Weights of background, caption and inference in the combination (1:1:1, assumed)",
       .target = &options.weights,
       .configurable = false},
      {.name = "chain-empty",
       .value_name = "POLICY",
       .help = "A class that a chain lacks counts 0, or is left out",
       .target = &options.empty,
       .choices = {"zero", "skip"},
       .configurable = false},
      {.name = "match-cosine",
       .value_name = "X",
       .help = "From this cosine on a statement matches a key step",
       .target = &options.match_cosine,
       .min = -1,
       .max = 1,
       .configurable = false},
      {.name = "embedder",
       .value_name = "DIR",
       .help = "A BERT model that compares inferences with annotated ones; without it "
               "all-MiniLM-L6-v2, where it has been fetched",
       .target = &options.embedder,
       .configurable = false,
       .is_path = true},
      {.name = "clip",
       .value_name = "DIR",
       .help = "A CLIP model that compares captions with photos and annotated captions",
       .target = &options.clip,
       .configurable = false,
       .is_path = true},
      {.name = "photos",
       .value_name = "DIR",
       .help = "The photos, found by id below this folder, for --clip",
       .target = &options.photos,
       .configurable = false,
       .is_path = true},
      {.name = "judge-model",
       .value_name = "MODEL",
       .help =
           "A language model that classes the statements instead of the rules and says which of "
           "them are reasonable: a folder, or with --judge-url the server's name of it",
       .target = &options.judge_model,
       .configurable = false},
      {.name = "judge-url",
       .value_name = "URL",
       .help = "An OpenAI-compatible server that runs the judge",
       .target = &options.judge_url,
       .configurable = false},
  };
}

Status CheckChainOptions(const ChainCommandOptions& options) {
  if (!options.chains) {
    if (options.records || !options.weights.empty() || !options.embedder.empty() ||
        !options.clip.empty() || !options.photos.empty() || !options.judge_model.empty() ||
        !options.judge_url.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "--chain-…, --embedder, --clip, --photos and --judge-… need --chains"};
    }
    return {};
  }
  if (options.clip.empty() != options.photos.empty()) {
    return Error{ErrorCode::kInvalidArgument, "--clip and --photos go together"};
  }
  if (!options.judge_url.empty() && options.judge_model.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--judge-url needs --judge-model, the server's name of the model"};
  }
  GRE_RETURN_IF_ERROR(QualityOptions(options, {}));
  return {};
}

Result<std::vector<MeasuredChains>> MeasureAllChains(const ChainCommandOptions& options,
                                                     const BenchOptions& bench,
                                                     const BenchInputs& inputs,
                                                     CliContext& context) {
  GRE_ASSIGN_OR_RETURN(const ChainQualityOptions quality_options, QualityOptions(options, bench));
  const bool with_judge = !options.judge_model.empty();
  Judge judge;
  if (with_judge) GRE_RETURN_IF_ERROR(LoadJudge(options, context, judge));
  ScoringModels models;
  GRE_RETURN_IF_ERROR(LoadScoringModels(options, inputs.truth, context, models));
  ChainScorers& scorers = models.scorers;
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "judging",
                     .unit = "chains"},
                    0);
  std::optional<TextAsker> asker;
  if (with_judge) {
    TextAsker::Options asking;
    asking.seed = bench.seed;
    asking.progress = [&](size_t done, size_t chains) {
      progress.Update(static_cast<int64_t>(done), 0, "of " + std::to_string(chains));
    };
    asker.emplace(*judge.engine, std::move(asking), &*judge.journal, judge.identity);
    scorers.reasonable = [&](std::span<const UnmatchedSteps> open) {
      return JudgeSteps(*asker, judge.verdicts, context.cancellation(), inputs.truth, open);
    };
  }
  ChainConventions conventions;
  conventions.options = quality_options;
  conventions.classifier =
      with_judge ? judge.Name(judge.classes) : "rules (English; not measured against people)";
  if (with_judge) conventions.verdicts = judge.Name(judge.verdicts);
  conventions.embedder = scorers.embedder;
  if (models.embedder && options.embedder.empty()) {
    conventions.embedder += " (a small substitute: GRE does not name its encoder)";
  }
  conventions.clip = scorers.clip;
  conventions.matching =
      scorers.similarity
          ? "cosine >= " + FormatShortest(options.match_cosine) + " by " + scorers.embedder
          : std::string("the words of the key step in a row (no embedder)");
  std::vector<MeasuredChains> measured;
  for (const ScoredSystem& system : inputs.systems) {
    std::vector<ChainRecord> chains = ReadChains(system.file.predictions, system.matching);
    if (with_judge) {
      GRE_RETURN_IF_ERROR(ClassifyByJudge(*asker, judge.classes, context.cancellation(), chains));
    }
    auto quality = MeasureChains(inputs.truth, system.file.predictions, system.matching, chains,
                                 scorers, quality_options);
    if (!quality.ok()) return std::move(quality).error().Wrap(system.file.path);
    if (chains.empty()) {
      context.Note(system.file.path +
                   ": no record holds a chain; a model's raw reply is named with --pred-text");
    }
    measured.push_back({std::move(*quality), conventions});
  }
  progress.Clear();
  if (with_judge && asker->remembered() > 0) {
    context.Note("judge: " + std::to_string(asker->remembered()) +
                 " answers were known from an earlier run");
  }
  if (models.missing_photos > 0) {
    context.Note(
        std::to_string(models.missing_photos) +
        " captions were not scored for want of their photo, the first: " + models.first_missing);
  }
  return measured;
}

}  // namespace gre
