// gre train ablate: the paper's ablation with the embedded model.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "cli/train_commands.h"
#include "core/file.h"
#include "experiment/ablation.h"
#include "generation/torch_loader.h"
#include "report/ablation_report.h"

namespace gre {
namespace {

struct AblateOptions {
  std::string config_path;
  std::vector<std::string> overrides;
};

Status Ablate(const AblateOptions& options, CliContext& context) {
  if (options.config_path.empty()) {
    return Error{ErrorCode::kInvalidArgument, "'gre train ablate' needs --config FILE.toml"};
  }
  GRE_ASSIGN_OR_RETURN(const AblationConfig config,
                       AblationConfig::Load(options.config_path, options.overrides));
  GRE_ASSIGN_OR_RETURN(TorchPlugin * plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(const AblationReport report,
                       RunAblation(config, *plugin, context.cancellation()));
  const std::string json = FormatAblationJson(report);
  const std::string text = FormatAblationMarkdown(report);
  GRE_RETURN_IF_ERROR(WriteFileAtomically(config.run.directory + "/ablation.json", json + "\n"));
  GRE_RETURN_IF_ERROR(WriteFileAtomically(config.run.directory + "/ablation.md", text));
  context.out.WriteLine(context.json ? json : text);
  return {};
}

}  // namespace

CommandSpec TrainAblateCommand() {
  const auto options = std::make_shared<AblateOptions>();
  CommandSpec command;
  command.name = "ablate";
  command.log_level = LogLevel::kInfo;
  command.summary = "GRE's ablation with the embedded model: every stage and its control";
  command.description =
      "Divides labelled photos, tunes the embedded model's tower once and then every arm from "
      "several seeds, asks each for held-out photos, and compares them (docs/ablation.md). Takes "
      "hours; killed or "
      "interrupted, the same command goes on. Writes ablation.md and ablation.json below "
      "run.directory.\n"
      "  gre train ablate --config recipes/ablation.toml --set data.photos=PHOTOS";
  command.options = RecipeOptions(options->config_path, options->overrides);
  command.run = [options](CliContext& context) -> ExitCode {
    const Status done = Ablate(*options, context);
    return done.ok() ? kExitDone : context.Fail(done.error());
  };
  return command;
}

}  // namespace gre
