// gre bench report: a page or a folder of figures, charts and cases.
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "image/decode.h"
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
};

// The files of a folder by relative path and by stem; a stem that two files share finds none.
class PhotoIndex {
 public:
  static Result<PhotoIndex> Of(const std::string& folder) {
    PhotoIndex index;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied,
                                             error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      std::error_code ignored;
      if (!it->is_regular_file(ignored)) continue;
      const std::string path = it->path().string();
      const std::string relative = it->path().lexically_relative(folder).generic_string();
      index.by_path_.emplace(relative, path);
      const auto [entry, is_new] = index.by_stem_.emplace(IdStem(relative), path);
      if (!is_new) entry->second.clear();
    }
    if (error) {
      return Error{ErrorCode::kNotFound, "--photos '" + folder + "': " + error.message()};
    }
    return index;
  }

  // Empty where there is none.
  [[nodiscard]] std::string Find(const std::string& id) const {
    const auto path = by_path_.find(id);
    if (path != by_path_.end()) return path->second;
    const auto stem = by_stem_.find(std::string(IdStem(id)));
    return stem == by_stem_.end() ? std::string() : stem->second;
  }

 private:
  std::map<std::string, std::string> by_path_;
  std::map<std::string, std::string> by_stem_;
};

Status WriteFolder(const fs::path& folder, const std::vector<ReportFile>& files) {
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
  PhotoIndex photos;
  if (!options.photos.empty()) {
    GRE_ASSIGN_OR_RETURN(photos, PhotoIndex::Of(options.photos));
  }
  GRE_ASSIGN_OR_RETURN(const BenchInputs inputs,
                       LoadBench(options.bench, context, /*keep_text=*/true));
  BenchReport report = MakeReport(inputs, options.bench);
  report.world = {WorldLand(), WorldBorders()};
  report.version = kVersion;
  BenchPageOptions page;
  page.cases_each = static_cast<size_t>(options.cases);
  if (!options.photos.empty()) {
    page.photo = [&photos, read = PhotosFromFiles()](const LocateResult& asked, int max_side) {
      LocateResult found;
      found.file = photos.Find(asked.file);
      return found.file.empty() ? std::string() : read(found, max_side);
    };
  }
  std::vector<std::string> written;
  if (is_html || is_markdown) {
    GRE_RETURN_IF_ERROR(WriteFileAtomically(
        options.out, is_html ? FormatBenchHtml(report, page)
                             : FormatBenchMarkdown(report, /*with_charts=*/false)));
    written.push_back(options.out);
  } else {
    const std::vector<ReportFile> files = BenchReportFiles(report, page);
    GRE_RETURN_IF_ERROR(WriteFolder(options.out, files));
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
