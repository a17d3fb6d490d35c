// gre bench report: a page or a folder of figures, charts and cases.
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/signals.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/photo_index.h"
#include "knowledge/borders.h"
#include "report/bench_page.h"
#include "report/world_land.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  BenchOptions bench;
  std::string out;
  std::string photos;
  int cases = 3;
  bool force = false;
};

Status WriteFolder(const fs::path& folder, const std::vector<ReportFile>& files,
                   std::vector<CommandFiles::File> inputs) {
  CommandFiles all = {.inputs = std::move(inputs)};
  for (const ReportFile& file : files) all.outputs.push_back({"--out", folder / file.name});
  GRE_RETURN_IF_ERROR(RefuseSharedFiles(all));
  for (const ReportFile& file : files) {
    const fs::path path = folder / file.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return Error{
          ErrorCode::kUnavailable,
          "--out: cannot create folder " + path.parent_path().string() + ": " + error.message()};
    }
    GRE_RETURN_IF_ERROR(WriteFileAtomically(path.string(), file.content));
  }
  return {};
}

// What was written, by path.
Result<std::vector<std::string>> WriteReport(const ReportOptions& options, CliContext& context) {
  if (options.out.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "expected --out report.html, --out report.md or --out FOLDER"};
  }
  const std::string extension = AsciiLower(fs::path(options.out).extension().string());
  const bool is_html = extension == ".html";
  const bool is_markdown = extension == ".md";
  if (!is_html && !is_markdown && !extension.empty() && !DirectoryExists(options.out)) {
    return Error{
        ErrorCode::kInvalidArgument,
        "--out '" + options.out + "': expected a name that ends in .html or .md, or a folder"};
  }
  std::vector<CommandFiles::File> inputs_read = BenchInputFiles(options.bench);
  inputs_read.push_back({"--photos", options.photos});
  GRE_RETURN_IF_ERROR(
      CheckOutputFiles({.inputs = inputs_read,
                        .outputs = {{"--out", options.out, !is_html && !is_markdown}},
                        .force = options.force}));
  std::optional<PhotoIndex> photos;
  if (!options.photos.empty()) {
    auto index = PhotoIndex::Open(options.photos);
    if (!index.ok()) return std::move(index).error().Wrap("--photos");
    photos = std::move(*index);
  }
  GRE_ASSIGN_OR_RETURN(const BenchInputs inputs,
                       LoadBench(options.bench, context, /*keep_text=*/true));
  for (const std::string& remark : inputs.remarks) context.Note(remark);
  BenchReport report = MakeReport(inputs, options.bench);
  report.world = {WorldLand(), WorldBorders()};
  BenchPageOptions page;
  page.cases_each = static_cast<size_t>(options.cases);
  if (photos) {
    page.photo = [&photos, read = PhotosFromFiles()](const LocateResult& asked, int max_side) {
      const Result<std::string> path = photos->Find(asked.file);
      if (!path.ok()) return std::string();
      LocateResult found;
      found.file = (fs::path(photos->folder()) / *path).string();
      return read(found, max_side);
    };
  }
  report.cancellation = &context.cancellation();
  std::vector<std::string> written;
  if (is_html || is_markdown) {
    const std::string page_text =
        is_html ? FormatBenchHtml(report, page) : FormatBenchMarkdown(report);
    GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
    GRE_RETURN_IF_ERROR(WriteFileAtomically(options.out, page_text));
    written.push_back(options.out);
  } else {
    const std::vector<ReportFile> files = BenchReportFiles(report, page);
    GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
    GRE_RETURN_IF_ERROR(WriteFolder(options.out, files, inputs_read));
    for (const ReportFile& file : files) {
      written.push_back((fs::path(options.out) / file.name).string());
    }
  }
  return written;
}

}  // namespace

CommandSpec BenchReportCommand() {
  const auto options = std::make_shared<ReportOptions>();
  CommandSpec command;
  command.name = "report";
  command.summary = "Writes a report of one or several systems: page, tables, charts";
  command.description =
      "A name that ends in .html gives one self-contained page, .md the tables alone; anything "
      "else is a folder, which also gets each table as LaTeX and CSV, each chart as SVG and every "
      "record as CSV.\n"
      "  gre bench report --predictions a.jsonl --predictions b.jsonl --truth truth.csv "
      "--photos DIR --out report.html";
  command.options = BenchOptionSpecs(options->bench);
  command.options.push_back({.name = "out",
                             .letter = 'o',
                             .value_name = "FILE",
                             .help = "Where the report goes: FILE.html, FILE.md or a folder",
                             .target = &options->out,
                             .configurable = false,
                             .is_path = true});
  command.options.push_back({.name = "photos",
                             .value_name = "DIR",
                             .help = "The photos, found by id below this folder, for the page",
                             .target = &options->photos,
                             .configurable = false,
                             .is_path = true});
  command.options.push_back({.name = "cases",
                             .value_name = "N",
                             .help = "Worst and best answers of each system on the page",
                             .target = &options->cases,
                             .min = 0,
                             .max = 1000,
                             .configurable = false});
  command.options.push_back(ForceOption(options->force));
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<std::vector<std::string>> written = WriteReport(*options, context);
    if (!written.ok()) return context.Fail(written.error());
    if (context.json) {
      context.out.WriteLine(DumpJson({{"out", options->out}, {"files", *written}}));
    } else {
      context.Note("wrote " + options->out);
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
