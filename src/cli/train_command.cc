#include <memory>

#include "cli/commands.h"
#include "cli/context.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

struct SftOptions {
  std::string config;
  std::vector<std::string> overrides;
  bool resume = false;
};

CommandSpec SftCommand() {
  const auto options = std::make_shared<SftOptions>();
  CommandSpec command;
  command.name = "sft";
  command.log_level = LogLevel::kInfo;
  command.summary = "Supervised fine-tuning on photos with known places";
  command.description =
      "Runs until it is done or interrupted; an interrupted run leaves a checkpoint and goes on "
      "with --resume.\n"
      "  gre train sft --config recipes/nano.toml --set schedule.epochs=2";
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
  command.run = [options](CliContext& context) -> ExitCode {
    if (options->config.empty()) {
      return context.Fail(
          {ErrorCode::kInvalidArgument, "'gre train sft' needs --config FILE.toml"});
    }
    const Result<TorchPlugin*> plugin = LoadTorchPlugin();
    if (!plugin.ok()) {
      return context.Fail(plugin.error());
    }
    const Status status = (*plugin)->TrainSft(options->config, options->overrides, options->resume,
                                              context.cancellation());
    return status.ok() ? kExitDone : context.Fail(status.error());
  };
  return command;
}

}  // namespace

CommandSpec TrainCommand() {
  CommandSpec command;
  command.name = "train";
  command.summary = "Trains models";
  command.commands = {SftCommand()};
  return command;
}

}  // namespace gre
