#include "reasoning/ground.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "knowledge/climate.h"

namespace gre {
namespace {

constexpr double kShoreKm = 50;
constexpr double kNearbyKm = 20;

void AddCountry(std::string_view code, std::vector<const Country*>& countries) {
  const Country* country = FindCountry(code);
  if (country != nullptr &&
      std::find(countries.begin(), countries.end(), country) == countries.end()) {
    countries.push_back(country);
  }
}

void AddLand(const LandArea& area, std::vector<const Country*>& countries) {
  AddCountry(area.country_code, countries);
  if (!area.dispute) return;
  for (const std::string& code : area.dispute->other_claimants) AddCountry(code, countries);
}

// The point and two rings around it.
std::vector<LatLng> PointsAround(const LatLng& point) {
  constexpr int kRingPoints = 12;
  std::vector<LatLng> points = {point};
  for (const double radius_km : {kNearbyKm / 2, kNearbyKm}) {
    for (const LatLng& other : GeodesicCircle(point, radius_km, kRingPoints)) {
      points.push_back(other);
    }
  }
  return points;
}

}  // namespace

Ground GroundAt(const LatLng& point) {
  Ground ground;
  std::optional<LandArea> here = LandAreaAt(point);
  if (!here) {
    NearestLand nearest = NearestLandTo(point);
    if (nearest.distance_km <= kShoreKm) here = std::move(nearest.area);
  }
  if (!here) return ground;
  ground.country = FindCountry(here->country_code);
  AddLand(*here, ground.nearby);
  for (const LatLng& near : PointsAround(point)) {
    if (const auto area = LandAreaAt(near)) AddLand(*area, ground.nearby);
    if (const auto zone = ClimateZoneAt(near)) ground.climates += zone->code.front();
  }
  return ground;
}

}  // namespace gre
