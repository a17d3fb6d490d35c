// gre dataset stats: what is in a dataset, as a page, as tables or as JSON.
#include <filesystem>
#include <memory>
#include <utility>

#include "cli/context.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/statistics/statistics.h"
#include "knowledge/borders.h"
#include "report/dataset_page.h"
#include "report/world_land.h"

namespace gre {
namespace {

struct DatasetStatsOptions {
  DatasetOptions dataset;
  std::string out;
};

Result<DatasetOutcome> Describe(const DatasetStatsOptions& options, CliContext& context,
                                const Dataset& dataset) {
  const std::string extension = AsciiLower(std::filesystem::path(options.out).extension().string());
  if (!options.out.empty() && extension != ".html" && extension != ".md") {
    return Error{ErrorCode::kInvalidArgument,
                 "--out '" + options.out + "': expected a name that ends in .html or .md"};
  }
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "reading",
                     .unit = "rows"},
                    0);
  GRE_ASSIGN_OR_RETURN(const DatasetStatistics statistics,
                       CollectStatistics(dataset, context.cancellation(),
                                         [&](int64_t rows) { progress.Update(rows); }));
  progress.Clear();
  if (extension == ".html") {
    GRE_RETURN_IF_ERROR(WriteFileAtomically(
        options.out, FormatDatasetHtml(statistics, {WorldLand(), WorldBorders()}, kVersion)));
  } else if (extension == ".md") {
    GRE_RETURN_IF_ERROR(WriteFileAtomically(options.out, FormatDatasetMarkdown(statistics)));
  } else if (!context.json) {
    if (statistics.photos == 0) {
      context.out.WriteLine(NoPhotos(options.dataset.location.folder));
    }
    const DatasetTables tables = TablesOf(statistics);
    for (const Table* table :
         {&tables.parts, &tables.judge, &tables.teachers, &tables.chains, &tables.languages,
          &tables.origins, &tables.findings, &tables.spending}) {
      if (!table->rows.empty()) context.out.WriteLine(FormatTableText(*table));
    }
  }
  if (!options.out.empty() && !context.json) context.Note("wrote " + options.out);
  return DatasetOutcome{FormatDatasetJson(statistics)};
}

}  // namespace

CommandSpec DatasetStatsCommand() {
  const auto options = std::make_shared<DatasetStatsOptions>();
  CommandSpec command;
  command.name = "stats";
  command.summary = "Says what is in a dataset: places, teachers, chains, parts, drops";
  command.description =
      "Without --out the tables go to the terminal; --json prints all figures.\n"
      "  gre dataset stats data --out stats.html";
  command.options = DatasetOptionSpecs(options->dataset);
  command.options.push_back({.name = "out",
                             .letter = 'o',
                             .value_name = "FILE",
                             .help = "FILE.html, one self-contained page with map and charts, or "
                                     "FILE.md, the tables",
                             .target = &options->out,
                             .configurable = false,
                             .is_path = true});
  command.run = [options, settings = command.options](CliContext& context) -> ExitCode {
    return context.Finish(
        RunOnDataset(options->dataset, DatasetAccess::kOpen, "stats", settings, context,
                     [&](Dataset& dataset) { return Describe(*options, context, dataset); }));
  };
  return command;
}

}  // namespace gre
