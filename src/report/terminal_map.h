#pragma once

#include <span>
#include <string>
#include <vector>

#include "geo/lat_lng.h"
#include "report/world_land.h"

namespace gre {

struct MapMarker {
  LatLng point;
  char symbol = 'X';       // printable ASCII
  bool is_answer = false;  // drawn over others; a cross where the terminal has one
};

struct TerminalMapOptions {
  int columns = 72;     // of the drawing; below kMinMapColumns nothing is drawn
  bool unicode = true;  // braille dots; else ASCII
  bool color = false;   // ANSI escape sequences
};

inline constexpr int kMinMapColumns = 30;

// The world in equirectangular projection, as lines without line ends and without trailing blanks.
// Antarctica is left out unless a marker lies there.
std::vector<std::string> DrawWorldMap(LandRings land, std::span<const MapMarker> markers,
                                      const TerminalMapOptions& options);

}  // namespace gre
