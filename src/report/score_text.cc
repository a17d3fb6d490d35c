#include "report/score_text.h"

#include "report/published_table.h"

namespace gre {
namespace {

constexpr size_t kMostFailures = 20;  // of each system; --json and the report hold all

// Nothing for a table that holds nothing.
void AddTable(const Table& table, std::string& text) {
  if (table.rows.empty() || table.columns.size() < 2) return;
  if (!text.empty()) text.append("\n");
  text.append(FormatTableText(table));
}

}  // namespace

std::string ScoreText(const BenchReport& report) {
  std::string text;
  for (const Table& table : {HeadlineTable(report), PercentilesTable(report), PlacesTable(report),
                             CalibrationTable(report), OutcomesTable(report)}) {
    if (!table.rows.empty()) AddTable(Transposed(table), text);
  }
  for (const ReportedSystem& system : report.systems) {
    AddTable(FailuresTable(report, system, kMostFailures), text);
  }
  return text.append("\n").append(CaveatsText(report));
}

std::string CaveatsText(const BenchReport& report) {
  std::string text;
  AddTable(WarningsTable(report), text);
  AddTable(ConventionsTable(report), text);
  if (report.published != nullptr) AddTable(PublishedTable(*report.published), text);
  return text;
}

}  // namespace gre
