#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// Countries as areas, from Natural Earth 1:10m (data/borders.bin; credits in NOTICE), simplified to
// about 300 m. The main layer counts disputed land as Natural Earth's German point of view does
// (Crimea to UA, Taiwan and Western Sahara to themselves); who else claims it stands beside it.
// Disputes that Natural Earth's country rows do not mark (most of Kashmir, the Kurils) are not
// known here. Thread-safe; the table is decoded on the first call and lives as long as the program.

// A territory whose state is disputed.
struct Dispute {
  std::string area;                          // "Crimea", "Falkland Islands"
  std::vector<std::string> other_claimants;  // alpha-2 codes beside the country it is counted to
  std::string note;                          // Natural Earth's remark; may be empty

  friend bool operator==(const Dispute&, const Dispute&) = default;
};

struct LandArea {
  std::string
      country_code;  // ISO 3166-1 alpha-2; empty where no state is counted (Spratly Islands)
  std::string name;  // Natural Earth's name of the area
  std::optional<Dispute> dispute;
};

// The land area that holds the point; nullopt on the sea. Lakes belong to their countries. Land and
// sea meet within about half a kilometre of the true coast.
std::optional<LandArea> LandAreaAt(const LatLng& point);

struct NearestLand {
  LandArea area;
  double distance_km = 0;  // geodesic, to the nearest point of its outline; 0 inside
};

// The land area nearest to the point. Takes up to some milliseconds far out on the sea.
NearestLand NearestLandTo(const LatLng& point);

// The country that holds the point or, on the sea, that of the nearest land at most `max_km` away;
// empty where there is none or no state is counted. Takes microseconds for small distances.
std::string_view CountryCodeWithin(const LatLng& point, double max_km);

// Geodesic distance to the nearest land counted to the country; 0 inside, infinite where no area is
// counted to it.
double DistanceToCountryKm(std::string_view country_code, const LatLng& point);

// True when an area counted to the country holds the point.
bool CountryContains(std::string_view country_code, const LatLng& point);

// How large a country is and where its middle lies.
struct CountryExtent {
  LatLng centroid;      // of its whole area on the sphere; may lie outside the country
  double area_km2 = 0;  // within some percent, on a sphere of the Earth's mean radius
};

// Of all land counted to the country; nullopt where there is none.
std::optional<CountryExtent> ExtentOfCountry(std::string_view country_code);

// Coarse lines for drawing (Natural Earth 1:110m): coasts, and borders between countries. No line
// crosses the antimeridian.
using Polyline = std::vector<LatLng>;
std::span<const Polyline> WorldOutline();
std::span<const Polyline> WorldBorders();

}  // namespace gre
