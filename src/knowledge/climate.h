#pragma once

#include <optional>
#include <string_view>

#include "geo/lat_lng.h"

namespace gre {

// A class of the Koeppen-Geiger classification.
struct ClimateZone {
  std::string_view code;         // "Cfb"
  std::string_view description;  // "temperate oceanic"
};

// The class at a point, from the map of Rubel, Brugger, Haslinger and Auer (Meteorologische
// Zeitschrift, 2017; present-day climate), reduced to the most frequent land class in each quarter
// of a degree (data/climate.bin; credits in NOTICE). A point just off a coast takes the class of
// the nearest neighbouring cell. nullopt on open water. Thread-safe.
std::optional<ClimateZone> ClimateZoneAt(const LatLng& point);

}  // namespace gre
