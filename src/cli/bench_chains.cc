#include "cli/bench_chains.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "bench/chains/chain_scorers.h"
#include "bench/chains/step_judge.h"
#include "cli/models.h"
#include "core/strings.h"
#include "dataset/photo_index.h"
#include "generation/torch_loader.h"
#include "image/decode.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

constexpr char kJudgePrompt[] = "prompts/step_classes.prompt";

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

// The language model that classes statements, and how.
struct Judge {
  std::unique_ptr<TextGenerator> generator;
  PromptTemplate prompt;
  std::string name;
};

Result<Judge> LoadJudge(const ChainCommandOptions& options, const CliContext& context) {
  EngineOptions engine;
  engine.api_url = options.judge_url;
  (options.judge_url.empty() ? engine.model : engine.api_model) = options.judge_model;
  GRE_RETURN_IF_ERROR(CheckEngineOptions(engine, context.environment()));
  Judge judge;
  GRE_ASSIGN_OR_RETURN(const std::string path, FindShipped(kJudgePrompt));
  GRE_ASSIGN_OR_RETURN(judge.prompt, PromptTemplate::Load(path));
  GRE_ASSIGN_OR_RETURN(Engine made, MakeEngine(engine, context.environment()));
  judge.generator = std::move(made.generator);
  constexpr size_t kShownHash = 12;
  judge.name = "judge " + options.judge_model + " (prompt " +
               judge.prompt.hash().substr(0, kShownHash) + ")";
  return judge;
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
       .help = "A language model that classes the statements instead of the rules: a folder, or "
               "with --judge-url the server's name of it",
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
  std::optional<Judge> judge;
  if (!options.judge_model.empty()) {
    GRE_ASSIGN_OR_RETURN(judge, LoadJudge(options, context));
  }
  ScoringModels models;
  GRE_RETURN_IF_ERROR(LoadScoringModels(options, inputs.truth, context, models));
  const ChainScorers& scorers = models.scorers;
  ChainConventions conventions;
  conventions.options = quality_options;
  conventions.classifier = judge ? judge->name : "rules (English; not measured against people)";
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
    if (judge) {
      StepJudgeOptions judging;
      judging.seed = bench.seed;
      GRE_RETURN_IF_ERROR(ClassifyByJudge(*judge->generator, judge->prompt, judging,
                                          context.cancellation(), chains));
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
  if (models.missing_photos > 0) {
    context.Note(
        std::to_string(models.missing_photos) +
        " captions were not scored for want of their photo, the first: " + models.first_missing);
  }
  return measured;
}

}  // namespace gre
