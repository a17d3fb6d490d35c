#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"
#include "dataset/photo_table.h"
#include "store/database.h"

namespace gre {

// Which photos a dataset's parts are made of: those of the seed sample with the split it gave them,
// or, where no sample was drawn, all that no finding drops with their source's split ("train" where
// it has none).
class PhotoSplits {
 public:
  static Result<PhotoSplits> Read(Database& database);
  // nullopt for a photo that takes no part.
  Result<std::optional<std::string>> SplitOf(const Photo& photo) const;

 private:
  PhotoSplits(Database& database, bool sampled) : database_(&database), sampled_(sampled) {}
  Database* database_;
  bool sampled_;
};

}  // namespace gre
