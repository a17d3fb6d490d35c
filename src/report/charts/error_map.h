#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "geo/lat_lng.h"
#include "report/map_drawing.h"

namespace gre {

struct ErrorLine {
  LatLng truth;
  LatLng answer;
  double distance_km = 0;
  std::string label;  // shown under the pointer: the record's id
};

// Where answers lie from the truth, as great-circle lines.
struct ErrorMap {
  std::string title = "From the truth to the answer";
  std::vector<ErrorLine> lines;
  WorldLines world;
  size_t most_lines = 400;  // more are sampled evenly at random, and the map says so
  uint64_t seed = 1;
};

// A dot at each truth, a line to its answer; five colours by distance, from dark blue to red, with
// the number of all records of each in the legend. Lines crossing the antimeridian are drawn in two
// parts. The map shows the window that holds all lines drawn.
std::string ErrorMapSvg(const ErrorMap& map);

// A little map of one record, 340 pixels wide.
std::string CaseMapSvg(const ErrorLine& line, const WorldLines& world);

}  // namespace gre
