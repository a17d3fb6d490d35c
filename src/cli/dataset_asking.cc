#include "cli/dataset_asking.h"

#include <memory>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/locate_options.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/teacher/engine_teacher.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

std::string ModelName(const DatasetAskingOptions& options) {
  if (!options.engine.api_model.empty()) return options.engine.api_model;
  return options.engine.model.empty() ? "gre-nano" : options.engine.model;
}

Result<TeacherRecord> DescribeTeacher(const DatasetAskingOptions& options,
                                      const Environment& environment) {
  TeacherRecord record;
  record.kind = options.engine.api_url.empty() ? "local" : "remote";
  record.model = ModelName(options);
  record.name = options.name.empty() ? record.model : options.name;
  GRE_ASSIGN_OR_RETURN(const std::string identity,
                       DescribeModelIdentity(options.engine, environment));
  const nlohmann::ordered_json settings = {{"identity", Sha256Hex(identity).substr(0, 16)},
                                           {"adapter", options.engine.adapter},
                                           {"temperature", options.temperature},
                                           {"max_new_tokens", options.max_new_tokens},
                                           {"max_pixels", options.engine.max_pixels},
                                           {"seed", options.seed}};
  record.settings = settings.dump();
  return record;
}

std::string Money(double cost) { return FormatFixed(cost, 2); }

}  // namespace

std::vector<OptionSpec> DatasetAskingSpecs(DatasetAskingOptions& options) {
  std::vector<OptionSpec> specs = {
      {.name = "name",
       .value_name = "NAME",
       .help = "What the model is called in the dataset; without it its own name",
       .target = &options.name},
      {.name = "prompt",
       .value_name = "NAME|FILE",
       .help = "The instruction: gre, or a file of your own",
       .target = &options.prompt},
      {.name = "samples",
       .value_name = "G",
       .help = "Answers to each photo",
       .target = &options.samples,
       .min = 1,
       .max = 1000},
      {.name = "temperature",
       .value_name = "T",
       .help = "Randomness of the answers; 0 is greedy",
       .target = &options.temperature,
       .min = 0,
       .max = 10},
      {.name = "max-new-tokens",
       .value_name = "N",
       .help = "Longest answer",
       .target = &options.max_new_tokens,
       .min = 1,
       .max = 1e6},
      {.name = "seed",
       .value_name = "N",
       .help = "Seed of everything random",
       .target = &options.seed},
      {.name = "answers",
       .value_name = "RULE",
       .help = "Which coordinates count: any that can be read, or JSON fields only",
       .target = &options.answers,
       .choices = {"any", "fields"}},
      {.name = "max-attempts",
       .value_name = "N",
       .help = "How often a photo is asked about whose answer cannot be read",
       .target = &options.max_attempts,
       .min = 1,
       .max = 100},
      {.name = "retry-failed",
       .help = "Ask again what failed for good in an earlier run",
       .target = &options.retry_failed,
       .configurable = false},
      {.name = "requests-per-minute",
       .value_name = "N",
       .help = "Rate limit; 0 is none",
       .target = &options.requests_per_minute,
       .min = 0},
      {.name = "max-tokens",
       .value_name = "N",
       .help = "Budget of the whole dataset, prompts and answers; the run stops before it",
       .target = &options.max_tokens,
       .min = 0},
      {.name = "max-cost",
       .value_name = "MONEY",
       .help = "The same in money; needs --price",
       .target = &options.max_cost,
       .min = 0},
      {.name = "price",
       .value_name = "MODEL=PROMPT,ANSWER",
       .help = "Price of a million tokens; may be repeated",
       .target = &options.prices},
      {.name = "lease",
       .value_name = "SECONDS",
       .help =
           "After so long another machine may take over a request; longer than any answer takes",
       .target = &options.lease_s,
       .min = 1,
       .max = 1e7},
  };
  Append(specs, EngineOptionSpecs(options.engine));
  return specs;
}

Result<std::optional<TokenPrice>> PriceOf(const std::vector<std::string>& prices,
                                          const std::string& model) {
  std::optional<TokenPrice> price;
  for (const std::string& text : prices) {
    const size_t equals = text.rfind('=');
    const std::vector<std::string_view> parts =
        equals == std::string::npos ? std::vector<std::string_view>()
                                    : Split(std::string_view(text).substr(equals + 1), ',');
    const auto prompt = parts.size() == 2 ? ParseDouble(Trim(parts[0])) : std::nullopt;
    const auto completion = parts.size() == 2 ? ParseDouble(Trim(parts[1])) : std::nullopt;
    if (!prompt || !completion || *prompt < 0 || *completion < 0) {
      return Error{
          ErrorCode::kInvalidArgument,
          "--price: expected MODEL=PROMPT,ANSWER with prices of a million tokens, found '" + text +
              "'"};
    }
    if (Trim(std::string_view(text).substr(0, equals)) == model) {
      price = TokenPrice{*prompt, *completion};
    }
  }
  return price;
}

Status CheckDatasetAsking(const DatasetAskingOptions& options, const CliContext& context) {
  GRE_RETURN_IF_ERROR(CheckEngineOptions(options.engine, context.environment()));
  GRE_ASSIGN_OR_RETURN(const std::optional<TokenPrice> price,
                       PriceOf(options.prices, ModelName(options)));
  if (options.max_cost && !price) {
    return Error{ErrorCode::kInvalidArgument,
                 "--max-cost: expected the model's price as --price '" + ModelName(options) +
                     "=PROMPT,ANSWER', found none"};
  }
  return {};
}

Result<AskSummary> AskModel(Dataset& dataset, ReplyPurpose purpose,
                            const DatasetAskingOptions& options, CliContext& context) {
  const Environment& environment = context.environment();
  GRE_ASSIGN_OR_RETURN(const std::string prompt_path, PromptPath(options.prompt));
  GRE_ASSIGN_OR_RETURN(const std::string prompt_text, ReadFile(prompt_path, size_t{1} << 20));
  GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(prompt_path));
  GRE_ASSIGN_OR_RETURN(const TeacherRecord record, DescribeTeacher(options, environment));
  GRE_RETURN_IF_ERROR(
      ReplyTable(dataset.database()).AddPrompt(prompt.hash(), options.prompt, prompt_text));

  const bool is_remote = record.kind == "remote";
  AskOptions ask;
  ask.purpose = purpose;
  ask.samples = options.samples;
  ask.max_attempts = options.max_attempts;
  ask.json_fields_only = options.answers == "fields";
  ask.retry_failed = options.retry_failed;
  ask.photos_at_once = is_remote ? 1 : static_cast<size_t>(BatchSize(options.engine));
  ask.lease_s = options.lease_s;
  ask.requests_per_minute = options.requests_per_minute;
  GRE_ASSIGN_OR_RETURN(const std::optional<TokenPrice> price,
                       PriceOf(options.prices, record.model));
  ask.price = price.value_or(TokenPrice{});
  if (options.max_tokens) ask.max_tokens = static_cast<int64_t>(*options.max_tokens);
  ask.max_cost = options.max_cost;
  ask.expected_completion_tokens = options.max_new_tokens;

  SamplingOptions sampling;
  sampling.temperature = options.temperature;
  sampling.max_new_tokens = options.max_new_tokens;
  sampling.seed = options.seed;
  // A worker for each request to a server; one engine that batches where it runs here.
  const int worker_count = is_remote ? options.engine.concurrency : 1;
  EngineOptions engine_options = options.engine;
  if (is_remote) engine_options.concurrency = 1;
  std::vector<Engine> engines;
  std::vector<std::unique_ptr<EngineTeacher>> teachers;
  std::vector<Teacher*> workers;
  for (int i = 0; i < worker_count; ++i) {
    GRE_ASSIGN_OR_RETURN(Engine engine, MakeEngine(engine_options, environment));
    engines.push_back(std::move(engine));
    GRE_ASSIGN_OR_RETURN(std::unique_ptr<EngineTeacher> teacher,
                         EngineTeacher::Create(*engines.back().generator, record, prompt, sampling,
                                               dataset.images()));
    workers.push_back(teacher.get());
    teachers.push_back(std::move(teacher));
  }
  return AskWithProgress(dataset, workers, ask, context);
}

Result<AskSummary> AskWithProgress(Dataset& dataset, std::span<Teacher* const> workers,
                                   const AskOptions& options, CliContext& context) {
  std::optional<Progress> progress;
  const auto report = [&](const AskProgress& state) {
    if (!progress) {
      progress.emplace(Progress::Options{.enabled = !context.quiet,
                                         .terminal = context.err_terminal,
                                         .label = "asking",
                                         .unit = "answers"},
                       state.wanted);
    }
    std::string note;
    if (state.cost > 0) {
      note = Concat({"cost ", Money(state.cost), " of about ", Money(state.expected_cost)});
    }
    if (state.failed > 0) {
      note += Concat({note.empty() ? "" : ", ", std::to_string(state.failed), " failed"});
    }
    progress->Update(state.done, state.earlier, note);
  };
  return AskTeacher(dataset, workers, options, report, context.cancellation());
}

std::vector<std::string> DescribeAsking(const AskSummary& summary) {
  const auto count = [](int64_t number) { return std::to_string(number); };
  std::vector<std::string> lines = {count(summary.progress.done - summary.progress.failed) +
                                    " of " + count(summary.progress.wanted) +
                                    " answers are there, " + count(summary.stored) +
                                    " of them new"};
  if (summary.reused > 0) {
    lines.push_back(count(summary.reused) + " were answers to equal requests");
  }
  if (summary.progress.unparsed > 0) {
    lines.push_back(count(summary.progress.unparsed) + " texts of this run could not be read");
  }
  if (summary.lost > 0) {
    lines.push_back(count(summary.lost) + " requests of an earlier run were lost and asked again");
  }
  if (summary.progress.failed > 0) {
    lines.push_back(
        count(summary.progress.failed) + " requests failed for good, the last one: " +
        (summary.last_error.empty() ? "in an earlier run (--retry-failed)" : summary.last_error));
  }
  if (summary.progress.cost > 0) lines.push_back("cost so far " + Money(summary.progress.cost));
  if (summary.budget_reached) lines.emplace_back("stopped before the budget would be exceeded");
  return lines;
}

}  // namespace gre
