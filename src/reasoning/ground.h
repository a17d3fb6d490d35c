#pragma once

#include <string>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/country_facts.h"

namespace gre {

// What lies at a point and within 20 km of it, where borders and climates may change. Everything is
// empty farther than 50 km from land.
struct Ground {
  const Country* country = nullptr;    // at the point; off a coast the nearest one
  std::vector<const Country*> nearby;  // with it: other claimants, and countries across a border
  std::string climates;                // first letters of the classes (Köppen's main groups)
};

Ground GroundAt(const LatLng& point);

}  // namespace gre
