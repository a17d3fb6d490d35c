#pragma once

#include <span>
#include <string>

#include "localizer/locate_result.h"
#include "report/map_drawing.h"

namespace gre {

// An <svg> of the world in Miller's cylindrical projection, with a pin for each answer that links
// to "#photo-N" (N = index + 1) and, for a single photo, its discs, numbered alternatives and
// metadata position. Its view box is set to what there is to see; the script can show the rest.
std::string WorldMapSvg(std::span<const LocateResult> results, const WorldLines& lines);

}  // namespace gre
