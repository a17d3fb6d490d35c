#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// A place of GeoNames (of 1,000 people and more) with the people that live in it.
struct PopulatedPlace {
  LatLng position;
  std::array<char, 2> country_code = {};  // ISO 3166-1 alpha-2
  int64_t people = 0;
};

// The table populations.csv of the geodata folder, which tools/setup/fetch_geodata.sh makes
// (GeoNames, CC BY 4.0). kUnavailable, with what to run, where it is not there.
Result<std::vector<PopulatedPlace>> ReadPopulations(const std::string& folder);

// Its text: a line "lat,lon,cc,population", then one a place. Errors name the line.
Result<std::vector<PopulatedPlace>> ParsePopulations(std::string_view csv);

}  // namespace gre
