#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/train_commands.h"
#include "core/log.h"
#include "core/strings.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

// Runs a stage of training in the plugin.
using TrainStage = std::function<Result<TrainingOutcome>(TorchPlugin&, const TrainingCall&,
                                                         const CancellationToken&)>;

// What torchrun, or whoever starts several processes, says in its variables.
Result<TrainingProcesses> ProcessesOf(const Environment& environment) {
  TrainingProcesses processes;
  const auto number = [&](const char* name, int least, int most, int& value) -> Status {
    const std::optional<std::string> text = environment(name);
    const std::optional<int64_t> found = text ? ParseInt(*text) : std::nullopt;
    if (!found || *found < least || *found > most) {
      return Error{ErrorCode::kInvalidArgument,
                   Concat({name, ": expected a number from ", std::to_string(least), " to ",
                           std::to_string(most), ", found ",
                           text ? Concat({"'", *text, "'"}) : std::string("nothing"),
                           "; torchrun sets it, and without WORLD_SIZE one process trains"})};
    }
    value = static_cast<int>(*found);
    return {};
  };
  constexpr int kMostProcesses = 4096;
  if (!environment("WORLD_SIZE")) return processes;
  GRE_RETURN_IF_ERROR(number("WORLD_SIZE", 1, kMostProcesses, processes.size));
  if (processes.size == 1) return processes;
  GRE_RETURN_IF_ERROR(number("RANK", 0, processes.size - 1, processes.rank));
  processes.local_rank = processes.rank;
  if (environment("LOCAL_RANK")) {
    GRE_RETURN_IF_ERROR(number("LOCAL_RANK", 0, processes.size - 1, processes.local_rank));
  }
  GRE_RETURN_IF_ERROR(number("MASTER_PORT", 1, 65535, processes.port));
  processes.address = environment("MASTER_ADDR").value_or("127.0.0.1");
  processes.meeting_runs = environment("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (environment("TORCHELASTIC_RESTART_COUNT")) {
    GRE_RETURN_IF_ERROR(number("TORCHELASTIC_RESTART_COUNT", 0, kMostProcesses, processes.attempt));
  }
  return processes;
}

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
std::vector<OptionSpec> ApiKeyOptions(ApiKeySource& source) {
  return {{.name = "api-key-env",
           .value_name = "NAME",
           .help = "The environment variable that holds the key of the server of rollouts.engine; "
                   "without it GRE_API_KEY, where it is set",
           .target = &source.variable},
          {.name = "api-key-file",
           .value_name = "FILE",
           .help = "The file that holds that key",
           .target = &source.file,
           .is_path = true}};
}

CommandSpec StageCommand(const std::string& name, const std::string& summary,
                         const std::string& description, bool may_ask_servers, TrainStage stage) {
  const auto options = std::make_shared<TrainingCall>();
  const auto key = std::make_shared<ApiKeySource>();
  CommandSpec command;
  command.name = name;
  command.log_level = LogLevel::kInfo;
  command.summary = summary;
  command.description = description;
  command.options = RecipeOptions(options->config_path, options->overrides);
  command.options.push_back({.name = "resume",
                             .help = "Go on from the newest checkpoint",
                             .target = &options->resume,
                             .configurable = false});
  if (may_ask_servers) {
    for (OptionSpec& option : ApiKeyOptions(*key)) {
      command.options.push_back(std::move(option));
    }
  }
  command.run = [options, key, name, may_ask_servers,
                 stage = std::move(stage)](CliContext& context) -> ExitCode {
    if (options->config_path.empty()) {
      return context.Fail(
          {ErrorCode::kInvalidArgument, "'gre train " + name + "' needs --config FILE.toml"});
    }
    Result<TrainingProcesses> processes = ProcessesOf(context.environment());
    if (!processes.ok()) return context.Fail(processes.error());
    options->processes = *std::move(processes);
    // the leading process speaks for all
    if (options->processes.rank > 0) SetLogLevel(LogLevel::kError);
    if (may_ask_servers) {
      Result<std::string> found = ReadApiKey(*key, context.environment());
      if (!found.ok()) return context.Fail(found.error());
      options->api_key = *std::move(found);
    }
    const Result<TorchPlugin*> plugin = LoadTorchPlugin();
    if (!plugin.ok()) {
      return context.Fail(plugin.error());
    }
    const auto start = std::chrono::steady_clock::now();
    const Result<TrainingOutcome> outcome = stage(**plugin, *options, context.cancellation());
    if (!outcome.ok()) return context.Fail(outcome.error());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (context.json && options->processes.rank == 0)
      context.out.WriteLine(OutcomeJson(*outcome, elapsed.count()));
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
      [](TorchPlugin& plugin, const TrainingCall& call, const CancellationToken& cancellation) {
        return plugin.TrainSft(call, cancellation);
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
      "--set model.adapter=build/sft/best --set rewards.theta_km=750",
      /*may_ask_servers=*/true,
      [](TorchPlugin& plugin, const TrainingCall& call, const CancellationToken& cancellation) {
        return plugin.TrainGrpo(call, cancellation);
      });
}

}  // namespace

std::vector<OptionSpec> RecipeOptions(std::string& config_path,
                                      std::vector<std::string>& overrides) {
  return {{.name = "config",
           .value_name = "FILE.toml",
           .help = "The recipe: data, model, optimiser, schedule",
           .target = &config_path,
           .is_path = true},
          {.name = "set",
           .value_name = "KEY=VALUE",
           .help = "Overrides one setting of the recipe; may be repeated",
           .target = &overrides,
           .configurable = false}};
}

CommandSpec TrainCommand() {
  CommandSpec command;
  command.name = "train";
  command.summary = "Trains models";
  command.commands = {TrainPlanCommand(),   SftCommand(),         GrpoCommand(),
                      TrainReportCommand(), TrainExportCommand(), TrainAblateCommand()};
  return command;
}

}  // namespace gre
