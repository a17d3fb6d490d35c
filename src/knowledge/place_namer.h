#pragma once

#include <optional>
#include <string>

#include "geo/lat_lng.h"
#include "knowledge/borders.h"
#include "knowledge/gazetteer.h"

namespace gre {

struct NearestPlace {
  std::string name;
  double distance_km = 0;  // geodesic

  friend bool operator==(const NearestPlace&, const NearestPlace&) = default;
};

// What a point is called. Empty texts and nullopt: not known, or there is none.
struct Place {
  std::string country_code;  // ISO 3166-1 alpha-2; on the sea within 12 nautical miles the coast's
  std::string country;       // its English name, or the area's where no state is counted
  std::string region;        // first administrative level, of the nearest populated place
  std::optional<NearestPlace> nearest;  // populated place, in the same country where there is one
  bool is_ocean = false;                // more than a kilometre off every coast
  double land_distance_km = 0;          // to the nearest land when is_ocean
  std::string nearest_land;             // country or area of that land when is_ocean
  std::optional<Dispute> dispute;

  friend bool operator==(const Place&, const Place&) = default;
};

// The country that a point is counted to: the land's, or on the sea within 12 nautical miles the
// nearest coast's. Alpha-2; empty elsewhere.
std::string CountryCodeAt(const LatLng& point);

// Names points offline: country from Natural Earth's borders, region and nearest place from the
// GeoNames gazetteer. Without the gazetteer the country is still named. Thread-safe.
class PlaceNamer {
 public:
  // `geodata_folder` is where set-up put the places ("$XDG_CACHE_HOME/gre/geodata"); never fails.
  static PlaceNamer Open(const std::string& geodata_folder);
  explicit PlaceNamer(std::optional<Gazetteer> gazetteer = std::nullopt)
      : gazetteer_(std::move(gazetteer)) {}

  [[nodiscard]] Place NameOf(const LatLng& point) const;

  // nullptr when the places are missing; `missing_reason` then says why and what to run.
  [[nodiscard]] const Gazetteer* gazetteer() const { return gazetteer_ ? &*gazetteer_ : nullptr; }
  [[nodiscard]] const std::string& missing_reason() const { return missing_reason_; }

 private:
  std::optional<Gazetteer> gazetteer_;
  std::string missing_reason_;
};

}  // namespace gre
