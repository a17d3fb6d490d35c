#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "geo/sphere.h"

namespace gre {

// Where a photo is known to be taken (`--within`): a country, a box or the polygons of a GeoJSON
// file. Immutable, thread-safe.
class SearchArea {
 public:
  // Reads, in this order: a country by name or code ("Japan", "JP"); a box
  // "west,south,east,north" in degrees, crossing the antimeridian when west > east; the path of a
  // GeoJSON file with at least one polygon. The error names what was expected.
  static Result<SearchArea> Parse(const std::string& text);
  static Result<SearchArea> FromGeoJson(std::string_view json);

  // Edges belong to a box. A country holds its land, disputed land that it claims, and the sea
  // within 12 nautical miles.
  [[nodiscard]] bool Contains(const LatLng& point) const;

  // For people and for the instruction: "Japan", "between 30 and 46 degrees north …".
  [[nodiscard]] const std::string& description() const { return description_; }
  // Alpha-2 code when the area is a country, else empty.
  [[nodiscard]] const std::string& country_code() const { return country_code_; }

 private:
  // The first ring is the outline, the others are holes; longitudes continue across the
  // antimeridian instead of jumping there.
  using Ring = std::vector<LatLng>;
  using Polygon = std::vector<Ring>;

  SearchArea() = default;

  std::string description_;
  std::string country_code_;
  std::optional<GeoBox> box_;
  std::vector<Polygon> polygons_;

  friend class GeoJsonReader;
};

}  // namespace gre
