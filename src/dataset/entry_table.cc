#include "dataset/entry_table.h"

#include <array>

namespace gre {
namespace {

constexpr std::array<DataPart, 3> kParts = {DataPart::kCot, DataPart::kJudge, DataPart::kSeed};

std::string PartText(DataPart part) { return std::string(DataPartName(part)); }

DataEntry ReadEntry(DataPart part, const SqlRow& row) {
  DataEntry entry;
  entry.part = part;
  entry.photo = row.Integer(0);
  entry.reply = row.Integer(1);
  if (!row.IsNull(2)) entry.label = row.Integer(2) != 0;
  if (!row.IsNull(3)) entry.deviation_km = row.Number(3);
  entry.band = row.TextOr(4, "");
  entry.hard = row.Integer(5) != 0;
  entry.split = row.Text(6);
  entry.chain = row.TextOr(7, "");
  entry.reviewed = row.Text(8);
  return entry;
}

}  // namespace

std::string_view DataPartName(DataPart part) {
  switch (part) {
    case DataPart::kCot:
      return "cot";
    case DataPart::kJudge:
      return "judge";
    case DataPart::kSeed:
      break;
  }
  return "seed";
}

std::optional<DataPart> ParseDataPart(std::string_view name) {
  for (const DataPart part : kParts) {
    if (DataPartName(part) == name) return part;
  }
  return std::nullopt;
}

Status EntryTable::AssignParts(const std::vector<std::pair<int64_t, DataPart>>& photos) {
  return database_->InTransaction([&]() -> Status {
    GRE_RETURN_IF_ERROR(database_->Run("DELETE FROM parts"));
    for (const auto& [photo, part] : photos) {
      GRE_RETURN_IF_ERROR(database_->Run("INSERT INTO parts (photo, part) VALUES ($1, $2)",
                                         {photo, PartText(part)}));
    }
    return database_->Run(
        "DELETE FROM entries WHERE NOT EXISTS (SELECT 1 FROM parts WHERE parts.photo = "
        "entries.photo AND parts.part = entries.part)");
  });
}

Result<std::vector<int64_t>> EntryTable::PhotosOf(DataPart part, int64_t after, size_t limit) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT photo FROM parts WHERE part = $1 AND photo > $2 "
                                        "ORDER BY photo LIMIT $3",
                                        {PartText(part), after, static_cast<int64_t>(limit)}));
  std::vector<int64_t> photos;
  photos.reserve(rows.size());
  for (const SqlRow& row : rows) photos.push_back(row.Integer(0));
  return photos;
}

Status EntryTable::Replace(DataPart part, const std::function<Status(const AddEntry&)>& fill) {
  return database_->InTransaction([&]() -> Status {
    // what stays keeps its review: old rows are marked, refreshed and, where nobody did, removed
    constexpr std::string_view kOld = "-";
    GRE_RETURN_IF_ERROR(database_->Run("UPDATE entries SET split = $2 WHERE part = $1",
                                       {PartText(part), std::string(kOld)}));
    GRE_RETURN_IF_ERROR(fill([this](const DataEntry& entry) { return Put(entry); }));
    return database_->Run("DELETE FROM entries WHERE part = $1 AND split = $2",
                          {PartText(part), std::string(kOld)});
  });
}

Status EntryTable::Put(const DataEntry& entry) {
  return database_->Run(
      "INSERT INTO entries (part, photo, reply, label, deviation_km, band, hard, split, chain, "
      "reviewed, dropped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (part, "
      "photo, reply) DO UPDATE SET label = excluded.label, deviation_km = excluded.deviation_km, "
      "band = excluded.band, hard = excluded.hard, split = excluded.split",
      {PartText(entry.part), entry.photo, entry.reply,
       entry.label ? SqlValue(int64_t{*entry.label}) : SqlValue(), SqlOptional(entry.deviation_km),
       SqlText(entry.band), int64_t{entry.hard}, entry.split, SqlText(entry.chain), entry.reviewed,
       int64_t{entry.dropped}});
}

Status EntryTable::AddFinished(const DataEntry& entry) {
  return database_->InTransaction([&]() -> Status {
    GRE_RETURN_IF_ERROR(database_->Run(
        "INSERT INTO parts (photo, part) VALUES ($1, $2) ON CONFLICT (photo) DO NOTHING",
        {entry.photo, PartText(entry.part)}));
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query("SELECT part FROM parts WHERE photo = $1", {entry.photo}));
    if (rows.at(0).Text(0) != DataPartName(entry.part)) return {};
    return database_->Run(
        "INSERT INTO entries (part, photo, reply, label, deviation_km, band, hard, split, "
        "reviewed, dropped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) "
        "ON CONFLICT (part, photo, reply) DO NOTHING",
        {PartText(entry.part), entry.photo, entry.reply,
         entry.label ? SqlValue(int64_t{*entry.label}) : SqlValue(),
         SqlOptional(entry.deviation_km), SqlText(entry.band), int64_t{entry.hard}, entry.split,
         entry.reviewed});
  });
}

Result<std::vector<DataEntry>> EntryTable::Page(DataPart part, int64_t after_photo,
                                                int64_t after_reply, size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT photo, reply, label, deviation_km, band, hard, split, chain, "
                       "reviewed FROM entries WHERE part = $1 AND dropped = 0 AND (photo > $2 OR "
                       "(photo = $2 AND "
                       "reply > $3)) ORDER BY photo, reply LIMIT $4",
                       {PartText(part), after_photo, after_reply, static_cast<int64_t>(limit)}));
  std::vector<DataEntry> entries;
  entries.reserve(rows.size());
  for (const SqlRow& row : rows) entries.push_back(ReadEntry(part, row));
  return entries;
}

Result<int64_t> EntryTable::Count(DataPart part) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT COUNT(*) FROM entries WHERE part = $1 AND dropped = 0",
                       {PartText(part)}));
  return rows.at(0).Integer(0);
}

Status EntryTable::SetReview(const DataEntry& entry) {
  return database_->Run(
      "UPDATE entries SET chain = $4, reviewed = $5, dropped = $6 WHERE "
      "part = $1 AND photo = $2 AND reply = $3",
      {PartText(entry.part), entry.photo, entry.reply, SqlText(entry.chain), entry.reviewed,
       int64_t{entry.dropped}});
}

Status EntryTable::ClearReviews(DataPart part) {
  return database_->Run(
      "UPDATE entries SET chain = NULL, reviewed = 'none', dropped = 0 WHERE part = $1",
      {PartText(part)});
}

}  // namespace gre
