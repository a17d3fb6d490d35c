#include "report/score_text.h"

namespace gre {

std::string ScoreText(const BenchReport& report) {
  std::string text = FormatTableText(Transposed(HeadlineTable(report)));
  const auto add = [&text](const Table& table, bool turned) {
    if (table.rows.empty() || table.columns.size() < 2) return;
    text.append("\n").append(FormatTableText(turned ? Transposed(table) : table));
  };
  add(PlacesTable(report), /*turned=*/true);
  add(CalibrationTable(report), /*turned=*/true);
  add(OutcomesTable(report), /*turned=*/true);
  add(WarningsTable(report), /*turned=*/false);
  add(ConventionsTable(report), /*turned=*/false);
  return text;
}

}  // namespace gre
