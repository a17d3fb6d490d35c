#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/statistics/statistics.h"
#include "store/database.h"

namespace gre {

// The figures of a dataset that the database counts itself. Not thread-safe.
class CountTable {
 public:
  explicit CountTable(Database& database) : database_(&database) {}

  // Photos by a column: "presence", "source", "licence", "kind". At most `most` values, the
  // commonest first; the rest counts as "others". NULL is "".
  Result<std::map<std::string, int64_t>> PhotosBy(const std::string& column, size_t most);
  Result<int64_t> DroppedPhotos();
  Result<int64_t> Authors();
  Result<int64_t> Sampled();
  Result<std::vector<EntryCount>> Entries();

 private:
  Database* database_;
};

}  // namespace gre
