#include "cli/bench_chains.h"

#include <memory>
#include <utility>

#include "bench/step_judge.h"
#include "cli/models.h"
#include "core/strings.h"
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
    if (options.records || !options.weights.empty() || !options.judge_model.empty() ||
        !options.judge_url.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "--chain-records, --chain-weights and --judge-… need --chains"};
    }
    return {};
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
  const ChainScorers scorers;
  ChainConventions conventions;
  conventions.options = quality_options;
  conventions.classifier = judge ? judge->name : "rules (English; not measured against people)";
  conventions.matching = "the words of the key step in a row (no embedder)";
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
  return measured;
}

}  // namespace gre
