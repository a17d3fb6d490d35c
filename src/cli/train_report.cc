// gre train report: what a training run wrote about itself, as a page, tables or JSON.
#include <filesystem>
#include <memory>

#include "cli/context.h"
#include "cli/output_files.h"
#include "cli/signals.h"
#include "cli/train_commands.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/strings.h"
#include "knowledge/borders.h"
#include "report/training_page.h"
#include "report/world_land.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

struct TrainReportOptions {
  std::string run;
  std::string out;
  int rollouts = 6;
  bool force = false;
};

std::string RunName(const std::string& folder) {
  fs::path path = fs::path(folder).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path.filename().string();
}

Status Report(const TrainReportOptions& options, CliContext& context) {
  if (options.run.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre train report' needs RUN_DIR, the checkpoint.directory of a run"};
  }
  const bool writes = !options.out.empty();
  if (writes && AsciiLower(fs::path(options.out).extension().string()) != ".html") {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({"--out '", options.out, "': expected a name that ends in .html"})};
  }
  const fs::path folder = options.run;
  GRE_RETURN_IF_ERROR(CheckOutputFiles(
      {.inputs = {{"RUN_DIR", folder / "log.jsonl"}, {"RUN_DIR", folder / "rollouts.jsonl"}},
       .outputs = {{"--out", options.out}},
       .force = options.force}));
  GRE_ASSIGN_OR_RETURN(const TrainingLog log, ReadTrainingLog(options.run));
  if (writes) {
    TrainingPageOptions page;
    page.name = RunName(options.run);
    page.photo = PhotosFromFiles();
    page.world = {WorldLand(), WorldBorders()};
    page.most_rollouts = static_cast<size_t>(options.rollouts);
    page.version = kVersion;
    const std::string html = FormatTrainingHtml(log, page);
    GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
    GRE_RETURN_IF_ERROR(WriteFileAtomically(options.out, html));
  }
  if (context.json) {
    context.out.WriteLine(FormatTrainingJson(log));
  } else if (writes) {
    context.Note("wrote " + options.out);
  } else {
    context.out.WriteLine(FormatTableText(TrainingFiguresTable(log)));
    if (!log.alarms.empty()) context.out.WriteLine(FormatTableText(TrainingAlarmsTable(log)));
  }
  return {};
}

}  // namespace

CommandSpec TrainReportCommand() {
  const auto options = std::make_shared<TrainReportOptions>();
  CommandSpec command;
  command.name = "report";
  command.summary = "Shows what a training run wrote about itself: curves, alarms, completions";
  command.description =
      "Reads log.jsonl and rollouts.jsonl of the run's folder, also while it goes on. Without "
      "--out the figures go to the terminal; --json prints them for programs.\n"
      "  gre train report build/grpo --out report.html";
  command.options = {
      {.name = "RUN_DIR",
       .value_name = "RUN_DIR",
       .help = "The run's folder: checkpoint.directory of its recipe",
       .target = &options->run,
       .positional = true,
       .required = true,
       .configurable = false,
       .is_path = true},
      {.name = "out",
       .letter = 'o',
       .value_name = "FILE",
       .help = "FILE.html, one self-contained page",
       .target = &options->out,
       .configurable = false,
       .is_path = true},
      {.name = "rollouts",
       .value_name = "N",
       .help = "Groups of completions on the page, evenly over the run",
       .target = &options->rollouts,
       .min = 0,
       .max = 1000,
       .configurable = false},
      ForceOption(options->force),
  };
  command.run = [options](CliContext& context) -> ExitCode {
    const Status status = Report(*options, context);
    return status.ok() ? context.Finish(kExitDone) : context.Fail(status.error());
  };
  return command;
}

}  // namespace gre
