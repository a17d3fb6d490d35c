#pragma once

#include <span>
#include <string>

#include "localizer/locate_result.h"
#include "report/terminal_map.h"

namespace gre {

// What the map of the page is drawn from; both are lines that do not cross the antimeridian.
struct WorldLines {
  LandRings land;
  std::span<const std::vector<LatLng>> borders;
};

// An <svg> of the world in Miller's cylindrical projection, with a pin for each answer that links
// to "#photo-N" (N = index + 1) and, for a single photo, its discs, numbered alternatives and
// metadata position. Its view box is set to what there is to see; the script can show the rest.
std::string WorldMapSvg(std::span<const LocateResult> results, const WorldLines& lines);

}  // namespace gre
