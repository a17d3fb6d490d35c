#include "dataset/parts/photo_splits.h"

#include <vector>

namespace gre {

Result<PhotoSplits> PhotoSplits::Read(Database& database) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database.Query("SELECT photo FROM seed LIMIT 1"));
  return PhotoSplits(database, !rows.empty());
}

Result<std::optional<std::string>> PhotoSplits::SplitOf(const Photo& photo) const {
  if (!sampled_) {
    return std::optional<std::string>(photo.source_split.empty() ? "train" : photo.source_split);
  }
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT split FROM seed WHERE photo = $1", {photo.number}));
  return rows.empty() ? std::optional<std::string>() : std::optional(rows[0].Text(0));
}

}  // namespace gre
