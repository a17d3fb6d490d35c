#include <utility>

#include "core/strings.h"
#include "report/bench_page.h"
#include "report/published_table.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

struct NamedTable {
  std::string name;
  Table table;
};

// By file name; "groups_N" and "failures_N" by the order of the groupings and systems.
std::vector<NamedTable> AllTables(const BenchReport& report) {
  std::vector<NamedTable> tables;
  tables.push_back({"scores", HeadlineTable(report)});
  tables.push_back({"percentiles", PercentilesTable(report)});
  tables.push_back({"places", PlacesTable(report)});
  if (Table table = WarningsTable(report); !table.rows.empty()) {
    tables.push_back({"warnings", std::move(table)});
  }
  tables.push_back({"conventions", ConventionsTable(report)});
  if (report.published != nullptr) {
    tables.push_back({"published", PublishedTable(*report.published)});
  }
  size_t number = 0;
  for (Table& table : BreakdownTables(report)) {
    tables.push_back({Concat({"groups_", std::to_string(++number)}), std::move(table)});
  }
  if (Table table = CalibrationTable(report); !table.rows.empty()) {
    tables.push_back({"calibration", std::move(table)});
  }
  tables.push_back({"outcomes", OutcomesTable(report)});
  number = 0;
  for (const ReportedSystem& system : report.systems) {
    ++number;
    Table table = FailuresTable(report, system);
    if (table.rows.empty()) continue;
    tables.push_back({Concat({"failures_", std::to_string(number)}), std::move(table)});
  }
  return tables;
}

std::string CasesMarkdown(const BenchReport& report, const ReportedSystem& system) {
  constexpr size_t kEach = 5;
  const ReportCases cases = PickCases(report, system, kEach);
  Table table;
  table.title = Concat({"Worst and best answers of ", system.name});
  table.columns = {{"id", TableAlign::kLeft}, {"distance"}, {"truth"}, {"answer"}};
  for (const auto* list : {&cases.worst, &cases.best}) {
    for (const ReportCase& each : *list) {
      table.rows.push_back({each.line.label, DistanceText(each.line.distance_km),
                            CoordinatesText(each.line.truth), CoordinatesText(each.line.answer)});
    }
  }
  return table.rows.empty() ? std::string() : FormatTableMarkdown(table) + "\n";
}

std::string Markdown(const BenchReport& report, std::span<const NamedChart> charts) {
  const std::string& source = report.truth_source;
  std::string text = Concat(
      {"# Benchmark: ", EscapeMarkdown(source.substr(source.find_last_of('/') + 1)), "\n\n"});
  for (const NamedTable& each : AllTables(report)) {
    text += FormatTableMarkdown(each.table);
    text += '\n';
  }
  for (const ReportedSystem& system : report.systems) text += CasesMarkdown(report, system);
  for (const NamedChart& chart : charts) {
    text += Concat({"![", chart.name, "](charts/", chart.name, ".svg)\n\n"});
  }
  return Concat({text, "Made with gre ", EscapeMarkdown(report.version), ".\n"});
}

}  // namespace

std::string FormatBenchMarkdown(const BenchReport& report) { return Markdown(report, {}); }

std::vector<ReportFile> BenchReportFiles(const BenchReport& report,
                                         const BenchPageOptions& options) {
  std::vector<ReportFile> files;
  std::vector<NamedChart> charts = ReportCharts(report);
  files.push_back({"report.html", FormatBenchHtml(report, options)});
  files.push_back({"report.md", Markdown(report, charts)});
  for (const NamedTable& each : AllTables(report)) {
    files.push_back({Concat({"tables/", each.name, ".tex"}), FormatTableLatex(each.table)});
    files.push_back({Concat({"tables/", each.name, ".csv"}), FormatTableCsv(each.table)});
  }
  files.push_back({"records.csv", FormatTableCsv(RecordsTable(report))});
  for (NamedChart& chart : charts) {
    files.push_back({Concat({"charts/", chart.name, ".svg"}), std::move(chart.svg)});
  }
  return files;
}

}  // namespace gre
