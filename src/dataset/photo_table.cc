#include "dataset/photo_table.h"

#include <array>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::array<std::string_view, 4> kPresenceNames = {"present", "wanted", "failed", "none"};

constexpr std::string_view kColumns =
    "number, id, source, url, presence, sha256, extension, width, height, bytes, latitude, "
    "longitude, "
    "precision_km, country_code, kind, source_split, author, licence, taken, extra, "
    "perceptual_hash, duplicate_group";

std::string_view Condition(PhotoTable::Which which) {
  switch (which) {
    case PhotoTable::Which::kKept:
      return kPhotoIsKept;
    case PhotoTable::Which::kWanted:
      return "presence = 'wanted'";
    case PhotoTable::Which::kAll:
      break;
  }
  return "1 = 1";
}

int64_t IntegerOr(const SqlRow& row, size_t column, int64_t fallback) {
  return row.IsNull(column) ? fallback : row.Integer(column);
}

PhotoPresence ReadPresence(const std::string& name) {
  for (size_t i = 0; i < kPresenceNames.size(); ++i) {
    if (kPresenceNames[i] == name) return static_cast<PhotoPresence>(i);
  }
  return PhotoPresence::kNone;
}

Photo ReadPhoto(const SqlRow& row) {
  Photo photo;
  photo.number = row.Integer(0);
  photo.id = row.Text(1);
  photo.source = row.Text(2);
  photo.url = row.TextOr(3, "");
  photo.presence = ReadPresence(row.Text(4));
  photo.sha256 = row.TextOr(5, "");
  photo.extension = row.TextOr(6, "");
  photo.width = IntegerOr(row, 7, 0);
  photo.height = IntegerOr(row, 8, 0);
  photo.bytes = IntegerOr(row, 9, 0);
  if (!row.IsNull(10) && !row.IsNull(11)) photo.point = LatLng{row.Number(10), row.Number(11)};
  if (!row.IsNull(12)) photo.precision_km = row.Number(12);
  photo.country_code = row.TextOr(13, "");
  photo.kind = row.TextOr(14, "");
  photo.source_split = row.TextOr(15, "");
  photo.author = row.TextOr(16, "");
  photo.licence = row.TextOr(17, "");
  photo.taken = row.TextOr(18, "");
  photo.extra = row.Text(19);
  if (!row.IsNull(20)) photo.perceptual_hash = row.Integer(20);
  photo.duplicate_group = IntegerOr(row, 21, 0);
  return photo;
}

SqlValue Positive(int64_t value) { return value > 0 ? SqlValue(value) : SqlValue(); }

std::string Select(std::string_view condition, std::string_view rest = "") {
  std::string sql = "SELECT ";
  ((((sql += kColumns) += " FROM photos WHERE ") += condition) += ' ') += rest;
  return sql;
}

Result<std::optional<Photo>> One(Result<std::vector<SqlRow>> rows) {
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<Photo>();
  return std::optional(ReadPhoto(rows->front()));
}

}  // namespace

std::string_view PhotoPresenceName(PhotoPresence presence) {
  return kPresenceNames[static_cast<size_t>(presence)];
}

Result<int64_t> PhotoTable::Add(const Photo& photo) {
  GRE_CHECK(!photo.id.empty());
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(
          "INSERT INTO photos (id, source, url, presence, sha256, extension, width, height, bytes, "
          "latitude, longitude, precision_km, country_code, kind, source_split, author, licence, "
          "taken, extra) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
          "$16, $17, $18, $19) ON CONFLICT (id) DO NOTHING RETURNING number",
          {photo.id, photo.source, SqlText(photo.url),
           std::string(PhotoPresenceName(photo.presence)), SqlText(photo.sha256),
           SqlText(photo.extension), Positive(photo.width), Positive(photo.height),
           Positive(photo.bytes), photo.point ? SqlValue(photo.point->latitude_deg) : SqlValue(),
           photo.point ? SqlValue(photo.point->longitude_deg) : SqlValue(),
           SqlOptional(photo.precision_km), SqlText(photo.country_code), SqlText(photo.kind),
           SqlText(photo.source_split), SqlText(photo.author), SqlText(photo.licence),
           SqlText(photo.taken), photo.extra}));
  return rows.empty() ? 0 : rows[0].Integer(0);
}

Status PhotoTable::SetImage(const Photo& photo) {
  return database_->Run(
      "UPDATE photos SET presence = $2, sha256 = $3, extension = $4, width = $5, height = $6, "
      "bytes = $7 WHERE number = $1",
      {photo.number, std::string(PhotoPresenceName(photo.presence)), SqlText(photo.sha256),
       SqlText(photo.extension), Positive(photo.width), Positive(photo.height),
       Positive(photo.bytes)});
}

Status PhotoTable::SetDuplicateGroup(int64_t photo, int64_t group) {
  return database_->Run("UPDATE photos SET duplicate_group = $2 WHERE number = $1", {photo, group});
}

Result<std::optional<Photo>> PhotoTable::Find(const std::string& id) {
  return One(database_->Query(Select("id = $1"), {id}));
}

Result<std::optional<Photo>> PhotoTable::Get(int64_t number) {
  return One(database_->Query(Select("number = $1"), {number}));
}

Result<std::vector<Photo>> PhotoTable::Page(Which which, int64_t after, size_t limit) {
  const std::string condition = "number > $1 AND " + std::string(Condition(which));
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query(Select(condition, "ORDER BY number LIMIT $2"),
                                        {after, static_cast<int64_t>(limit)}));
  std::vector<Photo> photos;
  photos.reserve(rows.size());
  for (const SqlRow& row : rows) photos.push_back(ReadPhoto(row));
  return photos;
}

Result<std::vector<PhotoPlace>> PhotoTable::Places(Which which, int64_t after, size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(Concat({"SELECT number, latitude, longitude, country_code FROM photos WHERE "
                               "number > $1 AND ",
                               Condition(which), " ORDER BY number LIMIT $2"}),
                       {after, static_cast<int64_t>(limit)}));
  std::vector<PhotoPlace> places;
  places.reserve(rows.size());
  for (const SqlRow& row : rows) {
    PhotoPlace place{row.Integer(0), std::nullopt, row.TextOr(3, "")};
    if (!row.IsNull(1) && !row.IsNull(2)) place.point = LatLng{row.Number(1), row.Number(2)};
    places.push_back(std::move(place));
  }
  return places;
}

Result<int64_t> PhotoTable::Count(Which which) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT COUNT(*) FROM photos WHERE " + std::string(Condition(which))));
  return rows.at(0).Integer(0);
}

Result<int64_t> PhotoTable::LastNumber() {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT MAX(number) FROM photos"));
  return IntegerOr(rows.at(0), 0, 0);
}

Status PhotoTable::RemoveFinding(int64_t photo, const std::string& stage,
                                 const std::string& reason) {
  return database_->Run("DELETE FROM findings WHERE photo = $1 AND stage = $2 AND reason = $3",
                        {photo, stage, reason});
}

Result<int64_t> PhotoTable::FlagDuplicatedCoordinates(const std::string& stage,
                                                      const std::string& reason) {
  return database_->Execute(
      "INSERT INTO findings (photo, stage, reason, drops, detail) "
      "SELECT photos.number, $1, $2, 0, shared.records || ' records have these coordinates' "
      "FROM photos JOIN (SELECT latitude, longitude, COUNT(*) AS records FROM photos "
      "WHERE latitude IS NOT NULL GROUP BY latitude, longitude HAVING COUNT(*) > 1) AS shared "
      "ON photos.latitude = shared.latitude AND photos.longitude = shared.longitude WHERE 1 = 1 "
      "ON CONFLICT (photo, stage, reason) DO UPDATE SET detail = excluded.detail",
      {stage, reason});
}

Result<int64_t> PhotoTable::WantAgain(const std::string& stage, const std::string& reason) {
  GRE_ASSIGN_OR_RETURN(
      const int64_t photos,
      database_->Execute(
          "UPDATE photos SET presence = 'wanted' WHERE presence = 'failed' AND url IS NOT NULL AND "
          "EXISTS (SELECT 1 FROM findings WHERE findings.photo = photos.number AND stage = $1 AND "
          "reason = $2)",
          {stage, reason}));
  GRE_RETURN_IF_ERROR(database_->Run(
      "DELETE FROM findings WHERE stage = $1 AND reason = $2 AND EXISTS (SELECT 1 FROM photos "
      "WHERE photos.number = findings.photo AND presence = 'wanted')",
      {stage, reason}));
  return photos;
}

Status PhotoTable::AddFinding(const PhotoFinding& finding) {
  return database_->Run(
      "INSERT INTO findings (photo, stage, reason, drops, detail) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (photo, stage, reason) DO UPDATE SET drops = excluded.drops, "
      "detail = excluded.detail",
      {finding.photo, finding.stage, finding.reason, int64_t{finding.drops}, finding.detail});
}

Status PhotoTable::ClearFindings(const std::string& stage) {
  return database_->Run("DELETE FROM findings WHERE stage = $1", {stage});
}

Result<std::vector<PhotoFinding>> PhotoTable::Findings(int64_t photo) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT stage, reason, drops, detail FROM findings WHERE photo = $1 "
                       "ORDER BY stage, reason",
                       {photo}));
  std::vector<PhotoFinding> findings;
  for (const SqlRow& row : rows) {
    findings.push_back({photo, row.Text(0), row.Text(1), row.Integer(2) != 0, row.Text(3)});
  }
  return findings;
}

Result<std::vector<PhotoTable::FindingCount>> PhotoTable::CountFindings() {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT stage, reason, drops, COUNT(*) FROM findings "
                       "GROUP BY stage, reason, drops ORDER BY stage, reason, drops"));
  std::vector<FindingCount> counts;
  for (const SqlRow& row : rows) {
    counts.push_back({row.Text(0), row.Text(1), row.Integer(2) != 0, row.Integer(3)});
  }
  return counts;
}

}  // namespace gre
