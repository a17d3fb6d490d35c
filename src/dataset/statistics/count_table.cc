#include "dataset/statistics/count_table.h"

#include <algorithm>
#include <string_view>

#include "core/check.h"

namespace gre {
namespace {

Result<int64_t> OneNumber(Result<std::vector<SqlRow>> rows) {
  if (!rows.ok()) return rows.error();
  return rows->at(0).Integer(0);
}

}  // namespace

Result<std::map<std::string, int64_t>> CountTable::PhotosBy(const std::string& column,
                                                            size_t most) {
  constexpr std::string_view kColumns[] = {"presence", "source", "licence", "kind"};
  GRE_CHECK(std::ranges::find(kColumns, column) != std::end(kColumns));
  std::string sql = "SELECT " + column;
  ((sql += ", COUNT(*) FROM photos GROUP BY ") += column) += " ORDER BY COUNT(*) DESC, ";
  sql += column;
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows, database_->Query(sql));
  std::map<std::string, int64_t> counts;
  for (size_t i = 0; i < rows.size(); ++i) {
    counts[i < most ? rows[i].TextOr(0, "") : std::string("others")] += rows[i].Integer(1);
  }
  return counts;
}

Result<int64_t> CountTable::DroppedPhotos() {
  return OneNumber(database_->Query("SELECT COUNT(DISTINCT photo) FROM findings WHERE drops = 1"));
}

Result<int64_t> CountTable::Authors() {
  return OneNumber(database_->Query("SELECT COUNT(DISTINCT author) FROM photos"));
}

Result<int64_t> CountTable::Sampled() {
  return OneNumber(database_->Query("SELECT COUNT(*) FROM seed"));
}

Result<std::vector<EntryCount>> CountTable::Entries() {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT part, split, band, reviewed, label, hard, dropped, COUNT(*) FROM "
                       "entries GROUP BY part, split, band, reviewed, label, hard, dropped "
                       "ORDER BY part, split, band, reviewed, label, hard, dropped"));
  std::vector<EntryCount> counts;
  for (const SqlRow& row : rows) {
    const std::optional<DataPart> part = ParseDataPart(row.Text(0));
    if (!part) continue;
    EntryCount count;
    count.part = *part;
    count.split = row.Text(1);
    count.band = row.TextOr(2, "");
    count.reviewed = row.Text(3);
    if (!row.IsNull(4)) count.label = static_cast<int>(row.Integer(4));
    count.hard = row.Integer(5) != 0;
    count.dropped = row.Integer(6) != 0;
    count.records = row.Integer(7);
    counts.push_back(std::move(count));
  }
  return counts;
}

}  // namespace gre
