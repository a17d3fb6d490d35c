#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// Populated places of the Earth (GeoNames, about 145,000 above 1,000 people; CC BY 4.0), fetched at
// set-up by tools/setup/fetch_geodata.sh and searched through a memory-mapped k-d tree: opening
// takes well under a millisecond, a query some microseconds. Immutable and thread-safe; copies
// share the map.
class Gazetteer {
 public:
  // Views live as long as the gazetteer.
  struct PlaceView {
    std::string_view name;
    std::string_view region;        // first administrative level; may be empty
    std::string_view country_code;  // ISO 3166-1 alpha-2
    LatLng position;
  };

  // The places of `folder`: places.bin, which is built (and written there if the folder allows)
  // from places.csv when it is missing or the table has changed. kUnavailable when neither is
  // there; the message says what to run.
  static Result<Gazetteer> Open(const std::string& folder);

  // Builds the index from the table's text: a line "lat,lon,name,admin1,admin2,cc", then one line a
  // place, RFC 4180. Places without a name are left out. Fails naming the line.
  static Result<Gazetteer> FromCsv(std::string_view csv);

  // The place nearest in a straight line, optionally only among those of one country (alpha-2,
  // upper case); nullopt when there is none.
  [[nodiscard]] std::optional<PlaceView> Nearest(const LatLng& point,
                                                 std::string_view country_code = {}) const;

  // All places of a country, in no particular order.
  [[nodiscard]] std::vector<PlaceView> PlacesIn(std::string_view country_code) const;

  [[nodiscard]] size_t size() const { return count_; }

 private:
  struct Record;
  struct Query;

  Gazetteer() = default;
  static Result<Gazetteer> FromBytes(std::shared_ptr<const void> owner,
                                     std::span<const std::byte> bytes, uint64_t csv_bytes);
  [[nodiscard]] PlaceView View(const Record& record) const;
  void Search(Query& query, size_t first, size_t last, int axis) const;

  std::shared_ptr<const void> owner_;  // of the bytes below
  const Record* records_ = nullptr;    // [count_], in the order of the tree
  const char* strings_ = nullptr;      // zero-terminated texts
  size_t count_ = 0;
  size_t string_bytes_ = 0;
};

}  // namespace gre
