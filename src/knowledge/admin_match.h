#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/gazetteer.h"

namespace gre {

// Whether an answer lies in the same country, region, sub-region and city as the truth, the way
// OSV-5M scores it (Astruc et al., "OpenStreetView-5M: the many roads to global visual
// geolocation", CVPR 2024, and its published scoring code): both points get the names of the
// nearest populated place of one offline table, and a level is right when its key is equal:
//   country: country code; region: region + country; sub-region: sub-region + region + country;
//   city: name + sub-region + region + country.
// Where the truth has no name at a level, the level does not apply to that record; an answer
// without the name is wrong there. That is about towns, not borders: near a border the nearest
// place may lie in the other country. Thread-safe.

// The names of a point, or of a row of a benchmark that brings them (OSV-5M's columns country,
// region, sub-region and city); empty: missing. Views of the gazetteer or of the caller's texts.
struct AdminNames {
  std::string_view country_code;
  std::string_view region;
  std::string_view sub_region;
  std::string_view city;

  friend bool operator==(const AdminNames&, const AdminNames&) = default;
};

// Country, region, sub-region, city; nullopt where the truth has no name.
using AdminMatch = std::array<std::optional<bool>, 4>;

AdminMatch MatchAdmin(const AdminNames& answer, const AdminNames& truth);

// The names of the place nearest to each point; all empty where there is none. OSV-5M looks them up
// with the Python package reverse_geocoder, whose metric is the default here.
std::vector<AdminNames> AdminNamesOf(std::span<const LatLng> points, const Gazetteer& gazetteer,
                                     Gazetteer::Metric metric = Gazetteer::Metric::kDegrees,
                                     int threads = 2);

}  // namespace gre
