#include "knowledge/place_namer.h"

#include <utility>

#include "geo/geodesic.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

// The borders are drawn to a few hundred metres: a beach is no ocean.
constexpr double kShoreKm = 1;
// Territorial sea: 12 nautical miles (UN Convention on the Law of the Sea, article 3).
constexpr double kTerritorialSeaKm = 12 * 1.852;

std::string NameOfArea(const LandArea& area) {
  const Country* country = FindCountry(area.country_code);
  return country == nullptr ? area.name : country->name;
}

}  // namespace

std::string CountryCodeAt(const LatLng& point) {
  return std::string(CountryCodeWithin(point, kTerritorialSeaKm));
}

PlaceNamer PlaceNamer::Open(const std::string& geodata_folder) {
  Result<Gazetteer> gazetteer = Gazetteer::Open(geodata_folder);
  if (gazetteer.ok()) {
    return PlaceNamer(std::move(gazetteer).value());
  }
  PlaceNamer namer;
  namer.missing_reason_ = gazetteer.error().message;
  return namer;
}

Place PlaceNamer::NameOf(const LatLng& point) const {
  const NearestLand land = NearestLandTo(point);
  Place place;
  place.is_ocean = land.distance_km > kShoreKm;
  if (place.is_ocean) {
    place.land_distance_km = land.distance_km;
    place.nearest_land = NameOfArea(land.area);
  }
  if (land.distance_km <= kTerritorialSeaKm) {
    place.country_code = land.area.country_code;
    place.country = NameOfArea(land.area);
    place.dispute = land.area.dispute;
  }
  if (!gazetteer_) {
    return place;
  }
  std::optional<Gazetteer::PlaceView> nearest;
  if (!place.country_code.empty()) {
    nearest = gazetteer_->Nearest(point, place.country_code);
  }
  if (nearest) {
    place.region = nearest->region;
  } else {
    nearest = gazetteer_->Nearest(point);
  }
  if (nearest) {
    place.nearest =
        NearestPlace{std::string(nearest->name), GeodesicDistanceKm(point, nearest->position)};
  }
  return place;
}

}  // namespace gre
