#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/gazetteer.h"

namespace gre {

inline constexpr size_t kMaxCountryPoints = 256;

// At most kMaxCountryPoints populated places of the country, drawn with a fixed seed: what stands
// for a photo of which only the country is known. The same in every run; empty for a country
// without places.
std::vector<LatLng> SampleCountryPoints(const Gazetteer& gazetteer, std::string_view country_code);

}  // namespace gre
