// gre train export: a recipe for another engine.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/train_commands.h"
#include "core/json.h"
#include "core/strings.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

struct TrainExportOptions {
  std::string engine;
  std::string config;
  std::vector<std::string> overrides;
  std::string out;
};

Result<std::vector<std::string>> Export(const TrainExportOptions& options, CliContext& context) {
  if (options.engine.empty() || options.config.empty() || options.out.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre train export' needs --to ENGINE, --config FILE.toml and --out FOLDER"};
  }
  GRE_ASSIGN_OR_RETURN(TorchPlugin * plugin, LoadTorchPlugin());
  return plugin->ExportTraining(options.config, options.overrides, options.engine, options.out,
                                context.cancellation());
}

}  // namespace

CommandSpec TrainExportCommand() {
  const auto options = std::make_shared<TrainExportOptions>();
  CommandSpec command;
  command.name = "export";
  command.summary = "Writes a recipe for another engine: data, configuration, rewards";
  command.description =
      "For clusters: supervised fine-tuning goes to LLaMA-Factory or TRL, reinforcement to verl or "
      "TRL. Each key is explained beside it; README.txt says what has no equivalent. The rewards "
      "come as Python functions, and as ones that ask 'gre rewards serve'.\n"
      "  gre train export --to verl --config recipes/grpo-lora.toml --set model.base=DIR --set "
      "rewards.theta_km=750 --out build/verl";
  command.options = RecipeOptions(options->config, options->overrides);
  const std::vector<OptionSpec> own = {
      {.name = "to",
       .value_name = "ENGINE",
       .help = "Whose form it gets",
       .target = &options->engine,
       .choices = {"llamafactory", "verl", "trl"},
       .configurable = false},
      {.name = "out",
       .letter = 'o',
       .value_name = "FOLDER",
       .help = "The new folder",
       .target = &options->out,
       .configurable = false,
       .is_path = true},
  };
  command.options.insert(command.options.end(), own.begin(), own.end());
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<std::vector<std::string>> files = Export(*options, context);
    if (!files.ok()) return context.Fail(files.error());
    if (context.json) {
      context.out.WriteLine(DumpJson({{"out", options->out}, {"files", *files}}));
    } else {
      context.Note("wrote " + options->out);
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
