#pragma once

#include <span>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// Closed rings of land; a point is land when it lies inside an odd number of them.
using LandRings = std::span<const std::vector<LatLng>>;

// Joins coast lines that share end points into rings (implicitly closed). What remains open ends at
// the antimeridian: it is closed along it, or around the south pole where the two ends lie on its
// two sides (Antarctica).
std::vector<std::vector<LatLng>> JoinCoasts(std::span<const std::vector<LatLng>> coasts);

// knowledge's WorldOutline as rings to fill. Made on the first call; thread-safe; lives as long as
// the program.
LandRings WorldLand();

}  // namespace gre
