#include "dataset/export/export_table.h"

namespace gre {
namespace {

constexpr std::string_view kPage =
    "SELECT e.photo, e.reply, e.label, e.deviation_km, e.band, e.hard, e.split, e.chain, "
    "e.reviewed, p.id, p.source, p.url, p.presence, p.sha256, p.extension, p.width, p.height, "
    "p.latitude, p.longitude, p.precision_km, p.country_code, p.kind, p.source_split, p.author, "
    "p.licence, p.taken, p.extra, r.text, r.prompt_hash, r.created, r.teacher, t.kind, t.model, "
    "r.latitude, r.longitude FROM entries e JOIN photos p ON p.number = e.photo "
    "LEFT JOIN replies r ON r.number = e.reply LEFT JOIN teachers t ON t.name = r.teacher "
    "WHERE e.part = $1 AND e.split = $2 AND e.dropped = 0 AND (e.photo, e.reply) > ($3, $4) "
    "ORDER BY e.photo, e.reply LIMIT $5";

std::optional<LatLng> PointAt(const SqlRow& row, size_t column) {
  if (row.IsNull(column) || row.IsNull(column + 1)) return std::nullopt;
  return LatLng{row.Number(column), row.Number(column + 1)};
}

ExportRow ReadRow(DataPart part, const SqlRow& row) {
  ExportRow record;
  record.entry.part = part;
  record.entry.photo = record.photo.number = row.Integer(0);
  record.entry.reply = row.Integer(1);
  if (!row.IsNull(2)) record.entry.label = row.Integer(2) != 0;
  if (!row.IsNull(3)) record.entry.deviation_km = row.Number(3);
  record.entry.band = row.TextOr(4, "");
  record.entry.hard = row.Integer(5) != 0;
  record.entry.split = row.Text(6);
  record.entry.chain = row.TextOr(7, "");
  record.entry.reviewed = row.Text(8);
  record.photo.id = row.Text(9);
  record.photo.source = row.Text(10);
  record.photo.url = row.TextOr(11, "");
  if (row.Text(12) == PhotoPresenceName(PhotoPresence::kPresent)) {
    record.photo.presence = PhotoPresence::kPresent;
  }
  record.photo.sha256 = row.TextOr(13, "");
  record.photo.extension = row.TextOr(14, "");
  if (!row.IsNull(15)) record.photo.width = row.Integer(15);
  if (!row.IsNull(16)) record.photo.height = row.Integer(16);
  record.photo.point = PointAt(row, 17);
  if (!row.IsNull(19)) record.photo.precision_km = row.Number(19);
  record.photo.country_code = row.TextOr(20, "");
  record.photo.kind = row.TextOr(21, "");
  record.photo.source_split = row.TextOr(22, "");
  record.photo.author = row.TextOr(23, "");
  record.photo.licence = row.TextOr(24, "");
  record.photo.taken = row.TextOr(25, "");
  record.photo.extra = row.Text(26);
  record.reply_text = row.TextOr(27, "");
  record.prompt_hash = row.TextOr(28, "");
  record.created = row.TextOr(29, "");
  record.teacher = row.TextOr(30, "");
  record.teacher_kind = row.TextOr(31, "");
  record.model = row.TextOr(32, "");
  record.answer = PointAt(row, 33);
  return record;
}

}  // namespace

Result<std::vector<ExportRow>> ExportTable::Page(DataPart part, const std::string& split,
                                                 int64_t after_photo, int64_t after_reply,
                                                 size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(std::string(kPage), {std::string(DataPartName(part)), split, after_photo,
                                            after_reply, static_cast<int64_t>(limit)}));
  std::vector<ExportRow> records;
  records.reserve(rows.size());
  for (const SqlRow& row : rows) records.push_back(ReadRow(part, row));
  return records;
}

Result<std::vector<ExportTable::PartCount>> ExportTable::Count() {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT e.part, e.split, COUNT(*), COUNT(p.latitude) FROM entries e "
                       "JOIN photos p ON p.number = e.photo WHERE e.dropped = 0 "
                       "GROUP BY e.part, e.split ORDER BY e.part, e.split"));
  std::vector<PartCount> counts;
  for (const SqlRow& row : rows) {
    const std::optional<DataPart> part = ParseDataPart(row.Text(0));
    if (part) counts.push_back({*part, row.Text(1), row.Integer(2), row.Integer(3)});
  }
  return counts;
}

Result<int64_t> ExportTable::CountAuthors(const std::vector<DataPart>& parts,
                                          const std::string& split) {
  const auto name = [&](size_t i) {
    return i < parts.size() ? std::string(DataPartName(parts[i])) : std::string();
  };
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(
          "SELECT COUNT(DISTINCT p.author) FROM entries e JOIN photos p ON p.number = e.photo "
          "WHERE e.dropped = 0 AND e.part IN ($1, $2, $3) AND ($4 = '' OR e.split = $4)",
          {name(0), name(1), name(2), split}));
  return rows.at(0).Integer(0);
}

Result<std::vector<ExportTable::Drop>> ExportTable::Drops(const Drop& after, size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(
          "SELECT p.number, p.id, p.source, f.stage, f.reason, f.detail FROM findings f "
          "JOIN photos p ON p.number = f.photo WHERE f.drops = 1 AND "
          "(f.photo, f.stage, f.reason) > ($1, $2, $3) ORDER BY f.photo, f.stage, f.reason "
          "LIMIT $4",
          {after.photo, after.stage, after.reason, static_cast<int64_t>(limit)}));
  std::vector<Drop> drops;
  drops.reserve(rows.size());
  for (const SqlRow& row : rows) {
    drops.push_back(
        {row.Integer(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)});
  }
  return drops;
}

}  // namespace gre
