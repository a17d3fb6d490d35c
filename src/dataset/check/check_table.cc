#include "dataset/check/check_table.h"

#include <utility>

namespace gre {
namespace {

// Read in pages of this many rows.
constexpr int64_t kPage = 10'000;

std::string UnseenWhere(bool with_faces) {
  std::string sql =
      " FROM photos WHERE presence = 'present' AND number > $1 AND NOT EXISTS "
      "(SELECT 1 FROM looks WHERE looks.photo = photos.number";
  if (with_faces) sql += " AND (face_share IS NOT NULL OR error IS NOT NULL)";
  return sql += ")";
}

Result<int64_t> Number(Result<std::vector<SqlRow>> rows) {
  if (!rows.ok()) return std::move(rows).error();
  return rows->at(0).Integer(0);
}

}  // namespace

Result<int64_t> CheckTable::CountUnseen(bool with_faces) {
  return Number(database_->Query("SELECT COUNT(*)" + UnseenWhere(with_faces), {int64_t{0}}));
}

Result<std::vector<PhotoFile>> CheckTable::Unseen(int64_t after, size_t limit, bool with_faces) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT number, id, sha256, extension" +
                                            UnseenWhere(with_faces) + " ORDER BY number LIMIT $2",
                                        {after, static_cast<int64_t>(limit)}));
  std::vector<PhotoFile> files;
  for (const SqlRow& row : rows) {
    files.push_back({row.Integer(0), row.Text(1), row.TextOr(2, ""), row.TextOr(3, "")});
  }
  return files;
}

Status CheckTable::StoreLook(int64_t photo, const PhotoLook& look) {
  GRE_RETURN_IF_ERROR(database_->Run(
      "INSERT INTO looks (photo, error, blank, flat_share, tone_share, face_share, private_keys) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (photo) DO UPDATE SET "
      "error = excluded.error, blank = excluded.blank, flat_share = excluded.flat_share, "
      "tone_share = excluded.tone_share, face_share = excluded.face_share, "
      "private_keys = excluded.private_keys",
      {photo, SqlText(look.error), int64_t{look.error.empty() && !look.hash}, look.drawn.flat_share,
       look.drawn.tone_share, SqlOptional(look.face_share), look.private_keys}));
  if (!look.error.empty()) return {};
  return database_->Run(
      "UPDATE photos SET width = $2, height = $3, perceptual_hash = $4 WHERE number = $1",
      {photo, int64_t{look.width}, int64_t{look.height},
       look.hash ? SqlValue(static_cast<int64_t>(*look.hash)) : SqlValue()});
}

Status CheckTable::AddUnreadable() {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photo, 'check', 'unreadable', 1, error FROM looks WHERE error IS NOT NULL");
}

Status CheckTable::AddBlank() {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photo, 'check', 'blank', 1, '' FROM looks WHERE blank = 1");
}

Status CheckTable::AddTiny(int64_t min_side) {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT number, 'check', 'tiny', 1, width || ' x ' || height FROM photos "
      "WHERE presence = 'present' AND (width < $1 OR height < $1)",
      {min_side});
}

Status CheckTable::AddGraphics(const DrawnShares& from, bool drop) {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photo, 'check', 'graphic', CAST($1 AS BIGINT), '' FROM looks "
      "WHERE error IS NULL AND blank = 0 AND flat_share >= $2 AND tone_share >= $3",
      {int64_t{drop}, from.flat_share, from.tone_share});
}

Status CheckTable::AddFaces(double max_share) {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photo, 'check', 'face', 1, 'a face covers ' || "
      "CAST(CAST(100 * face_share AS INTEGER) AS TEXT) || ' % of it' "
      "FROM looks WHERE face_share > $1",
      {max_share});
}

Status CheckTable::AddPrivateMetadata() {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photo, 'check', 'private_metadata', 0, private_keys FROM looks "
      "WHERE private_keys <> ''");
}

Result<std::vector<PhotoFingerprint>> CheckTable::Fingerprints(int64_t after, size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT number, sha256, perceptual_hash FROM photos "
                       "WHERE number > $1 AND perceptual_hash IS NOT NULL ORDER BY number LIMIT $2",
                       {after, static_cast<int64_t>(limit)}));
  std::vector<PhotoFingerprint> prints;
  prints.reserve(rows.size());
  for (const SqlRow& row : rows) {
    prints.push_back({row.Integer(0), row.TextOr(1, ""), static_cast<uint64_t>(row.Integer(2))});
  }
  return prints;
}

Result<std::vector<int64_t>> CheckTable::DroppedNumbers() {
  std::vector<int64_t> numbers;
  for (int64_t after = 0;;) {
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query("SELECT DISTINCT photo FROM findings WHERE drops = 1 AND photo > $1 "
                         "ORDER BY photo LIMIT $2",
                         {after, kPage}));
    if (rows.empty()) return numbers;
    for (const SqlRow& row : rows) numbers.push_back(row.Integer(0));
    after = numbers.back();
  }
}

Status CheckTable::ResetGroups() {
  return database_->Run("UPDATE photos SET duplicate_group = number");
}

Result<std::string> CheckTable::IdOf(int64_t photo) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT id FROM photos WHERE number = $1", {photo}));
  return rows.at(0).Text(0);
}

Result<int64_t> CheckTable::CountDropped() {
  return Number(database_->Query("SELECT COUNT(DISTINCT photo) FROM findings WHERE drops = 1"));
}

Result<int64_t> CheckTable::CountWithoutPicture() {
  return Number(database_->Query("SELECT COUNT(*) FROM photos WHERE presence <> 'present'"));
}

Status CheckTable::ForEachDropped(const std::function<Status(const DroppedPhoto&)>& visit) {
  int64_t after = 0;
  while (true) {
    // whole photos: a page ends at one that has all its findings on it
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query("SELECT number, id, stage, reason, detail FROM photos "
                         "JOIN findings ON findings.photo = photos.number "
                         "WHERE drops = 1 AND number IN (SELECT DISTINCT photo FROM findings "
                         "WHERE drops = 1 AND photo > $1 ORDER BY photo LIMIT $2) "
                         "ORDER BY number, stage, reason",
                         {after, kPage}));
    if (rows.empty()) return {};
    for (const SqlRow& row : rows) {
      GRE_RETURN_IF_ERROR(
          visit({row.Integer(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4)}));
    }
    after = rows.back().Integer(0);
  }
}

}  // namespace gre
