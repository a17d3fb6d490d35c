#include "dataset/seed/seed_table.h"

#include "core/strings.h"
#include "dataset/photo_table.h"

namespace gre {

Result<std::vector<SeedRow>> SeedTable::Photos(int64_t after, size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(Concat({"SELECT number, id, presence, latitude, longitude, country_code, "
                               "source_split, duplicate_group FROM photos WHERE number > $1 AND ",
                               kPhotoIsKept, " ORDER BY number LIMIT $2"}),
                       {after, static_cast<int64_t>(limit)}));
  std::vector<SeedRow> photos;
  photos.reserve(rows.size());
  for (const SqlRow& row : rows) {
    SeedRow photo;
    photo.number = row.Integer(0);
    photo.id = row.Text(1);
    photo.present = row.Text(2) == "present";
    if (!row.IsNull(3) && !row.IsNull(4)) photo.point = LatLng{row.Number(3), row.Number(4)};
    photo.country_code = row.TextOr(5, "");
    photo.source_split = row.TextOr(6, "");
    photo.duplicate_group = row.IsNull(7) ? photo.number : row.Integer(7);
    photos.push_back(std::move(photo));
  }
  return photos;
}

Status SeedTable::Clear() { return database_->Run("DELETE FROM seed"); }

Status SeedTable::Add(int64_t photo, const std::string& cell, const std::string& split) {
  return database_->Run("INSERT INTO seed (photo, cell, split) VALUES ($1, $2, $3)",
                        {photo, cell, split});
}

}  // namespace gre
