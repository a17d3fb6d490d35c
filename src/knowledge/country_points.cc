#include "knowledge/country_points.h"

#include <algorithm>
#include <tuple>

#include "core/random.h"

namespace gre {

std::vector<LatLng> SampleCountryPoints(const Gazetteer& gazetteer, std::string_view country_code) {
  std::vector<LatLng> points;
  for (const Gazetteer::PlaceView& place : gazetteer.PlacesIn(country_code)) {
    points.push_back(place.position);
  }
  // The gazetteer's order is that of its index.
  std::ranges::sort(points, {}, [](const LatLng& point) {
    return std::tuple(point.latitude_deg, point.longitude_deg);
  });
  Random random(HashSeed(0, country_code));
  random.Shuffle(points);
  points.resize(std::min(points.size(), kMaxCountryPoints));
  return points;
}

}  // namespace gre
