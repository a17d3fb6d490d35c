// gre dataset export: the finished data in the forms that trainers read.
#include <memory>
#include <optional>
#include <utility>

#include "cli/context.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/models.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "core/strings.h"
#include "dataset/export/exporter.h"
#include "report/charts/axis_scale.h"
#include "report/data_card.h"

namespace gre {
namespace {

struct DatasetExportOptions {
  DatasetOptions dataset;
  std::string format;
  std::string part = "all";
  std::string split = "all";
  std::string prompt = "gre";
  ExportOptions to;
};

Result<PromptTemplate> ShippedPrompt(const std::string& name) {
  GRE_ASSIGN_OR_RETURN(const std::string path, FindShipped(name));
  return PromptTemplate::Load(path);
}

Result<PromptTemplate> UsualPrompt(const std::string& prompt) {
  return prompt == "gre" ? ShippedPrompt("prompts/gre.prompt") : PromptTemplate::Load(prompt);
}

std::string Describe(const ExportSummary& summary) {
  const auto number = [](int64_t value) { return NumberLabel(static_cast<double>(value)); };
  std::string text;
  for (const ExportSummary::Slice& slice : summary.slices) {
    text += Concat(
        {DataPartName(slice.part), " ", slice.split, ": ", number(slice.records), " records"});
    if (slice.part == DataPart::kJudge) {
      text += Concat(
          {" (", number(slice.labelled_true), " True, ", number(slice.labelled_false), " False)"});
    }
    text += Concat({" in ", slice.file, "\n"});
  }
  text += Concat({"photos: ", number(summary.linked), " linked, ", number(summary.copied),
                  " copied, ", number(summary.missing), " only named\n"});
  return text;
}

Result<DatasetOutcome> Export(const DatasetExportOptions& options, CliContext& context,
                              const Dataset& dataset) {
  if (options.format.empty() || options.to.out.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre dataset export' needs --to FORMAT and --out FOLDER"};
  }
  ExportOptions to = options.to;
  to.format = ParseExportFormat(options.format).value_or(ExportFormat::kGre);
  if (options.part != "all") to.part = ParseDataPart(options.part);
  if (options.split != "all") to.split = options.split;
  to.software = std::string("gre ") + kVersion;
  GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, UsualPrompt(options.prompt));
  GRE_ASSIGN_OR_RETURN(const PromptTemplate judge, ShippedPrompt("prompts/judge.prompt"));
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "exporting",
                     .unit = "records"},
                    0);
  const ExportTools tools = {
      .prompt = prompt,
      .judge = judge,
      .cancellation = context.cancellation(),
      .progress = [&](int64_t done, int64_t) { progress.Update(done); },
      .card = FormatDataCard,
  };
  GRE_ASSIGN_OR_RETURN(const ExportSummary summary, ExportDataset(dataset, to, tools));
  progress.Clear();
  if (!context.json) context.out.Write(Describe(summary));
  return DatasetOutcome{ExportSummaryJson(summary)};
}

}  // namespace

CommandSpec DatasetExportCommand() {
  const auto options = std::make_shared<DatasetExportOptions>();
  CommandSpec command;
  command.name = "export";
  command.summary = "Writes the finished data in the forms that trainers read";
  command.description =
      "Formats: gre (GRE30K's own files), llamafactory (sharegpt with dataset_info.json), vlm-r1 "
      "and trl (JSON Lines), webdataset (tar shards), photos (the manifest of gre train sft). Each "
      "comes with a data card, the provenance of every record and the photos that were dropped; "
      "photos are hard links where that is possible. The folder appears when it is complete.\n"
      "  gre dataset export data --to gre --reward-theta-km 25 --out dataset\n"
      "  gre dataset export data --to photos --out photos";
  command.options = DatasetOptionSpecs(options->dataset);
  const std::vector<OptionSpec> own = {
      {.name = "to",
       .value_name = "FORMAT",
       .help = "The form of the records",
       .target = &options->format,
       .choices = {"gre", "llamafactory", "vlm-r1", "trl", "webdataset", "photos"}},
      {.name = "out",
       .letter = 'o',
       .value_name = "FOLDER",
       .help = "The new folder",
       .target = &options->to.out,
       .configurable = false,
       .is_path = true},
      {.name = "part",
       .value_name = "PART",
       .help = "Which part of the data",
       .target = &options->part,
       .choices = {"cot", "judge", "seed", "all"}},
      {.name = "split",
       .value_name = "SPLIT",
       .help = "Which split; each has files of its own",
       .target = &options->split,
       .choices = {"train", "dev", "test", "all"}},
      {.name = "reward-theta-km",
       .value_name = "X",
       .help = "Theta of the distance reward that Seed is for; needed where its truths are points",
       .target = &options->to.reward_theta_km,
       .min = 1e-3,
       .max = 20004},
      {.name = "prompt",
       .value_name = "FILE",
       .help = "The instruction of records that came without one: gre, or a file of your own",
       .target = &options->prompt,
       .is_path = true},
      {.name = "kind",
       .value_name = "KIND",
       .help = "Of photos whose record does not say, for --to photos",
       .target = &options->to.kind,
       .choices = {"", "street", "travel"}},
      {.name = "shard-records",
       .value_name = "N",
       .help = "Records in a shard of --to webdataset",
       .target = &options->to.shard_records,
       .min = 1,
       .max = 1e9},
      {.name = "copy",
       .help = "Copy photos instead of linking them",
       .target = &options->to.copy_images},
      {.name = "without-extra",
       .help = "Leave out the fields of the source that the format does not know",
       .target = &options->to.without_extra},
      {.name = "force",
       .help = "Replace an earlier export",
       .target = &options->to.force,
       .configurable = false},
  };
  command.options.insert(command.options.end(), own.begin(), own.end());
  command.run = [options, settings = command.options](CliContext& context) -> ExitCode {
    return context.Finish(
        RunOnDataset(options->dataset, DatasetAccess::kOpen, "export", settings, context,
                     [&](Dataset& dataset) { return Export(*options, context, dataset); }));
  };
  return command;
}

}  // namespace gre
