// gre bench import: a published benchmark -> gre.benchmark/1.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>

#include <nlohmann/json.hpp>

#include "bench/benchmark_file.h"
#include "bench/import/import.h"
#include "cli/bench_commands.h"
#include "cli/context.h"
#include "cli/output_files.h"
#include "cli/signals.h"
#include "core/csv_cell.h"
#include "core/file.h"
#include "core/sha256.h"
#include "report/text_escape.h"

namespace gre {
namespace {

struct BenchImportOptions {
  std::string format;
  std::string file;
  std::string out;
  ImportOptions import;
  bool force = false;
};

std::string DroppedCsv(std::span<const DroppedRow> dropped) {
  std::string text = "place,id,reason\n";
  for (const DroppedRow& row : dropped) {
    text.append(EscapeCsvCell(row.place)).append(",").append(EscapeCsvCell(row.id));
    text.append(",").append(EscapeCsvCell(row.reason)).append("\n");
  }
  return text;
}

// Both files or none; a list of an earlier import goes when this one dropped nothing.
Status WriteFiles(const std::string& out, const std::string& dropped_path,
                  const BenchmarkHeader& header, const ImportedBenchmark& benchmark) {
  if (benchmark.dropped.empty()) {
    GRE_RETURN_IF_ERROR(WriteBenchmark(out, header, benchmark.records));
    std::error_code error;
    std::filesystem::remove(dropped_path, error);
    if (!error) return {};
    return Error{
        ErrorCode::kUnavailable,
        dropped_path + ": cannot remove the list of an earlier import: " + error.message()};
  }
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter list, AtomicFileWriter::Create(dropped_path));
  GRE_RETURN_IF_ERROR(list.Write(DroppedCsv(benchmark.dropped)));
  GRE_RETURN_IF_ERROR(WriteBenchmark(out, header, benchmark.records));
  return list.Commit();
}

Result<std::string> HashOf(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  return Sha256Hex({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
}

struct Written {
  ImportedBenchmark benchmark;
  std::string dropped_file;  // empty: nothing was dropped
};

Result<Written> Import(const BenchImportOptions& options, const CliContext& context) {
  if (options.format.empty() || options.file.empty() || options.out.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre bench import' needs the benchmark's name, its file and --out FILE.jsonl"};
  }
  if (!options.out.ends_with(".jsonl")) {
    return Error{ErrorCode::kInvalidArgument,
                 "--out: expected a name that ends in .jsonl, found '" + options.out + "'"};
  }
  const std::string dropped_path = options.out + ".dropped.csv";
  GRE_RETURN_IF_ERROR(
      CheckOutputFiles({.inputs = {{"FILE", options.file}, {"--ids", options.import.ids}},
                        .outputs = {{"--out", options.out}, {"--out", dropped_path}},
                        .force = options.force}));
  GRE_ASSIGN_OR_RETURN(const BenchmarkFormat* format, FindBenchmarkFormat(options.format));
  Written written;
  ImportOptions import = options.import;
  import.cancellation = &context.cancellation();
  GRE_ASSIGN_OR_RETURN(written.benchmark, ImportBenchmark(*format, options.file, import));
  BenchmarkHeader header;
  header.name = BenchmarkTitle(*format);
  header.source_format = options.format;
  header.source_file = std::filesystem::path(options.file).filename();
  GRE_ASSIGN_OR_RETURN(header.source_sha256, HashOf(options.file));
  header.reviewed = "as published";
  header.dropped = written.benchmark.dropped.size();
  if (!written.benchmark.dropped.empty()) written.dropped_file = dropped_path;
  GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
  GRE_RETURN_IF_ERROR(WriteFiles(options.out, dropped_path, header, written.benchmark));
  return written;
}

std::vector<OptionSpec> Options(BenchImportOptions& options) {
  const auto text = [](std::string name, std::string value_name, std::string help,
                       std::string& target, bool is_path = false) {
    return OptionSpec{.name = std::move(name),
                      .value_name = std::move(value_name),
                      .help = std::move(help),
                      .target = &target,
                      .configurable = false,
                      .is_path = is_path};
  };
  std::vector<OptionSpec> specs;
  OptionSpec format = text("BENCHMARK", "NAME", "Which benchmark it is", options.format);
  format.positional = true;
  for (const std::string_view name : BenchmarkFormatNames()) format.choices.emplace_back(name);
  specs.push_back(std::move(format));
  specs.push_back(text("FILE", "FILE", "Its table, as it circulates", options.file, true));
  specs.back().positional = true;
  specs.push_back(text("out", "FILE", "The benchmark to write, .jsonl", options.out, true));
  specs.push_back(text("photos", "DIR", "The folder of its photos; rows without one are dropped",
                       options.import.photos, true));
  specs.push_back(text("ids", "FILE", "A text file whose lines begin with the ids to keep",
                       options.import.ids, true));
  specs.push_back(
      text("id", "FIELD", "The photo's id, if not the usual field", options.import.fields.id));
  specs.push_back(
      text("lat", "FIELD", "The latitude, if not the usual field", options.import.fields.latitude));
  specs.push_back(text("lon", "FIELD", "The longitude, if not the usual field",
                       options.import.fields.longitude));
  specs.push_back({.name = "any-size",
                   .help = "Takes a table with far more rows than the benchmark has photos",
                   .target = &options.import.any_size,
                   .configurable = false});
  specs.push_back(ForceOption(options.force));
  return specs;
}

}  // namespace

CommandSpec BenchImportCommand() {
  const auto options = std::make_shared<BenchImportOptions>();
  CommandSpec command;
  command.name = "import";
  command.summary = "Reads a published benchmark into one that run and score take";
  command.description =
      "Writes JSON Lines (docs/benchmark-schema.json). Rows that cannot be used are counted, and "
      "listed with their reasons in OUT.dropped.csv; then the exit code is 1.\n"
      "  gre bench import im2gps3k im2gps3k_places365.csv --photos im2gps3ktest --out "
      "im2gps3k.jsonl\n"
      "  gre bench import yfcc4k info.txt --out yfcc4k.jsonl\n"
      "  gre bench import osv5m test.csv --out osv5m.jsonl";
  command.options = Options(*options);
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<Written> written = Import(*options, context);
    if (!written.ok()) return context.Fail(written.error());
    const ImportedBenchmark& benchmark = written->benchmark;
    for (const std::string& remark : benchmark.remarks) context.Note(remark);
    constexpr size_t kShown = 10;
    for (size_t i = 0; i < std::min(kShown, benchmark.dropped.size()); ++i) {
      const DroppedRow& row = benchmark.dropped[i];
      context.Note(row.place + ": dropped '" + row.id + "': " + row.reason);
    }
    if (benchmark.dropped.size() > kShown) {
      context.Note("… and " + std::to_string(benchmark.dropped.size() - kShown) + " more in " +
                   written->dropped_file);
    }
    if (context.json) {
      using OrderedJson = nlohmann::ordered_json;
      const OrderedJson dropped_file =
          written->dropped_file.empty() ? OrderedJson(nullptr) : OrderedJson(written->dropped_file);
      const OrderedJson json = {{"out", options->out},
                                {"records", benchmark.records.size()},
                                {"dropped", benchmark.dropped.size()},
                                {"dropped_file", dropped_file},
                                {"remarks", benchmark.remarks}};
      context.out.WriteLine(json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
    } else {
      context.out.WriteLine(options->out + ": " + std::to_string(benchmark.records.size()) +
                            " records, " + std::to_string(benchmark.dropped.size()) +
                            " rows dropped");
    }
    return context.Finish(benchmark.dropped.empty() ? kExitDone : kExitSomeFailed);
  };
  return command;
}

}  // namespace gre
