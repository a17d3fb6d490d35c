#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/train_commands.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

struct TrainOptions {
  std::string config;
  std::vector<std::string> overrides;
  bool resume = false;
  std::string api_key_env, api_key_file;  // of grpo
  std::string api_key;                    // what they give
};

// Runs a stage of training in the plugin.
using TrainStage = std::function<Result<TrainingOutcome>(TorchPlugin&, const TrainOptions&,
                                                         const CancellationToken&)>;

// docs/train-schema.json
std::string OutcomeJson(const TrainingOutcome& outcome, double seconds) {
  using Json = nlohmann::ordered_json;
  Json best = nullptr;
  if (outcome.best) {
    best = {{"measure", outcome.best->measure},
            {"value", outcome.best->value},
            {"update", outcome.best->update}};
  }
  const Json json = {{"schema", "gre.train/1"},
                     {"stage", outcome.stage},
                     {"method", outcome.method},
                     {"base", outcome.base.empty() ? Json(nullptr) : Json(outcome.base)},
                     {"directory", outcome.directory},
                     {"finished", outcome.finished},
                     {"records", outcome.records},
                     {"updates", outcome.updates},
                     {"updates_of_call", outcome.updates_of_call},
                     {"last_loss", outcome.last_loss ? Json(*outcome.last_loss) : Json(nullptr)},
                     {"best", std::move(best)},
                     {"seconds", seconds}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Where the key of a server comes from.
std::vector<OptionSpec> ApiKeyOptions(TrainOptions& options) {
  return {{.name = "api-key-env",
           .value_name = "NAME",
           .help = "The environment variable that holds the key of the server of rollouts.engine; "
                   "without it GRE_API_KEY, where it is set",
           .target = &options.api_key_env},
          {.name = "api-key-file",
           .value_name = "FILE",
           .help = "The file that holds that key",
           .target = &options.api_key_file,
           .is_path = true}};
}

CommandSpec StageCommand(const std::string& name, const std::string& summary,
                         const std::string& description, bool may_ask_servers, TrainStage stage) {
  const auto options = std::make_shared<TrainOptions>();
  CommandSpec command;
  command.name = name;
  command.log_level = LogLevel::kInfo;
  command.summary = summary;
  command.description = description;
  command.options = {
      {.name = "config",
       .value_name = "FILE.toml",
       .help = "The recipe: data, model, optimiser, schedule",
       .target = &options->config,
       .is_path = true},
      {.name = "set",
       .value_name = "KEY=VALUE",
       .help = "Overrides one setting of the recipe; may be repeated",
       .target = &options->overrides,
       .configurable = false},
      {.name = "resume",
       .help = "Go on from the newest checkpoint",
       .target = &options->resume,
       .configurable = false},
  };
  if (may_ask_servers) {
    for (OptionSpec& option : ApiKeyOptions(*options)) {
      command.options.push_back(std::move(option));
    }
  }
  command.run = [options, name, may_ask_servers,
                 stage = std::move(stage)](CliContext& context) -> ExitCode {
    if (options->config.empty()) {
      return context.Fail(
          {ErrorCode::kInvalidArgument, "'gre train " + name + "' needs --config FILE.toml"});
    }
    if (may_ask_servers) {
      Result<std::string> key =
          ReadApiKey({options->api_key_env, options->api_key_file}, context.environment());
      if (!key.ok()) return context.Fail(key.error());
      options->api_key = std::move(*key);
    }
    const Result<TorchPlugin*> plugin = LoadTorchPlugin();
    if (!plugin.ok()) {
      return context.Fail(plugin.error());
    }
    const auto start = std::chrono::steady_clock::now();
    const Result<TrainingOutcome> outcome = stage(**plugin, *options, context.cancellation());
    if (!outcome.ok()) return context.Fail(outcome.error());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (context.json) context.out.WriteLine(OutcomeJson(*outcome, elapsed.count()));
    return kExitDone;
  };
  return command;
}

CommandSpec SftCommand() {
  return StageCommand(
      "sft", "Supervised fine-tuning",
      "A recipe with model.base tunes any model that the engine loads on photos with replies, by "
      "LoRA or whole; recipes/nano.toml makes the embedded model. Runs until it is done or "
      "interrupted; an interrupted run leaves a checkpoint and goes on with --resume.\n"
      "  gre train sft --config recipes/qwen-lora.toml --set model.base=DIR\n"
      "  gre train sft --config recipes/nano.toml --set schedule.epochs=2",
      /*may_ask_servers=*/false,
      [](TorchPlugin& plugin, const TrainOptions& options, const CancellationToken& cancellation) {
        return plugin.TrainSft(options.config, options.overrides, options.resume, cancellation);
      });
}

CommandSpec GrpoCommand() {
  return StageCommand(
      "grpo", "Reinforcement learning: judging chains (stage I), distance (stage II)",
      "Draws several completions of each prompt with the weights that learn, scores them by "
      "verdict, distance, form and consistency, and updates towards the better ones (GRPO and its "
      "kin). A vLLM or SGLang server may draw them instead (rollouts.engine). Interrupted runs go "
      "on with --resume.\n"
      "  gre train grpo --config recipes/grpo-lora.toml --set model.base=DIR "
      "--set model.adapter=build/sft/best",
      /*may_ask_servers=*/true,
      [](TorchPlugin& plugin, const TrainOptions& options, const CancellationToken& cancellation) {
        return plugin.TrainGrpo(options.config, options.overrides, options.resume, options.api_key,
                                cancellation);
      });
}

}  // namespace

CommandSpec TrainCommand() {
  CommandSpec command;
  command.name = "train";
  command.summary = "Trains models";
  command.commands = {SftCommand(), GrpoCommand(), TrainReportCommand()};
  return command;
}

}  // namespace gre
