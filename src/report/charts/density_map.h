#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "geo/lat_lng.h"
#include "report/map_drawing.h"

namespace gre {

// How many photos there are where.
struct DensityMap {
  std::string title = "Where the photos were taken";
  std::string unit = "photos";
  struct Cell {
    double south_deg = 0, west_deg = 0;
    int64_t count = 0;  // > 0
  };
  double cell_degrees = 2;
  std::vector<Cell> cells;
  // What is known by country alone, at the middle of it.
  struct Circle {
    LatLng middle;
    std::string name;
    int64_t count = 0;
  };
  std::vector<Circle> circles;
  WorldLines world;
};

// Cells in five shades, a step each factor of ten (the last: and more); circles whose areas are in
// proportion to their counts, with names under the pointer.
std::string DensityMapSvg(const DensityMap& map);

}  // namespace gre
