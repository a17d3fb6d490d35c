#include "report/score_text.h"

#include "report/published_table.h"

namespace gre {
namespace {

// Nothing for a table that holds nothing.
void AddTable(const Table& table, std::string& text) {
  if (table.rows.empty() || table.columns.size() < 2) return;
  if (!text.empty()) text.append("\n");
  text.append(FormatTableText(table));
}

}  // namespace

std::string ScoreText(const BenchReport& report) {
  std::string text;
  for (const Table& table : {HeadlineTable(report), PlacesTable(report), CalibrationTable(report),
                             OutcomesTable(report)}) {
    if (!table.rows.empty()) AddTable(Transposed(table), text);
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
