#include "report/published_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/strings.h"

namespace gre {
namespace {

constexpr double kNotPublished = std::numeric_limits<double>::quiet_NaN();

TableCell Cell(const std::optional<double>& value, int decimals) {
  return TableFigure{.value = value.value_or(kNotPublished), .decimals = decimals};
}

// A figure that some rows have beside the accuracies.
struct FurtherColumn {
  const char* title;
  std::optional<double> PublishedRow::*value;
  int decimals;
};
constexpr FurtherColumn kFurther[] = {{"mean km", &PublishedRow::mean_km, 0},
                                      {"GeoScore", &PublishedRow::geoscore, 0},
                                      {"country %", &PublishedRow::country_percent, 1},
                                      {"chain", &PublishedRow::chain_quality, 2}};

}  // namespace

Table PublishedTable(const PublishedBenchmark& benchmark) {
  Table table;
  table.title = "Published on " + benchmark.title + ", % within the distance";
  table.columns = {{"system", TableAlign::kLeft}};
  for (const double threshold_km : benchmark.thresholds_km) {
    table.columns.push_back({FormatShortest(threshold_km) + " km"});
  }
  std::vector<FurtherColumn> further;
  for (const FurtherColumn& column : kFurther) {
    if (std::ranges::any_of(benchmark.rows, [&](const PublishedRow& row) {
          return (row.*column.value).has_value();
        })) {
      further.push_back(column);
      table.columns.push_back({column.title});
    }
  }
  table.columns.push_back({"protocol", TableAlign::kLeft});
  table.columns.push_back({"mark", TableAlign::kLeft});
  table.notes = {
      "Figures of papers, not re-run; conventions differ or are not stated. V: read in "
      "the paper, S: from a survey's table.",
      benchmark.caveat};
  std::vector<std::string> caveats;
  for (const PublishedRow& row : benchmark.rows) {
    std::vector<TableCell> cells = {row.system + " " + std::to_string(row.year)};
    for (const auto& value : row.accuracy_percent) cells.push_back(Cell(value, 2));
    for (const FurtherColumn& column : further) {
      cells.push_back(Cell(row.*column.value, column.decimals));
    }
    cells.emplace_back(row.protocol);
    std::string mark = row.read_in_source ? "V" : "S";
    if (!row.caveat.empty()) {
      auto known = std::ranges::find(caveats, row.caveat);
      if (known == caveats.end()) known = caveats.insert(known, row.caveat);
      mark += " [" + std::to_string(known - caveats.begin() + 1) + "]";
    }
    cells.emplace_back(std::move(mark));
    table.rows.push_back(std::move(cells));
  }
  for (size_t i = 0; i < caveats.size(); ++i) {
    table.notes.push_back("[" + std::to_string(i + 1) + "] " + caveats[i]);
  }
  return table;
}

}  // namespace gre
