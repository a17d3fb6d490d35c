#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "store/database.h"

namespace gre {

// What the sample needs to know of a photo that no finding drops.
struct SeedRow {
  int64_t number = 0;
  std::string id;
  bool present = false;
  std::optional<LatLng> point;
  std::string country_code;
  std::string source_split;
  int64_t duplicate_group = 0;  // its own number where there is no other
};

// Table `seed` (dataset/schema.cc).
class SeedTable {
 public:
  explicit SeedTable(Database& database) : database_(&database) {}

  // At most `limit` photos behind number `after`, in order; an empty page is the end.
  Result<std::vector<SeedRow>> Photos(int64_t after, size_t limit);
  Status Clear();
  Status Add(int64_t photo, const std::string& cell, const std::string& split);

 private:
  Database* database_;
};

}  // namespace gre
