#pragma once

#include <span>
#include <string>
#include <vector>

#include "geo/lat_lng.h"
#include "report/world_land.h"

namespace gre {

// How the reports' maps show the Earth. Pure.

// What maps are drawn on; both are lines that do not cross the antimeridian.
struct WorldLines {
  LandRings land;
  std::span<const std::vector<LatLng>> borders;
};

// Units are degrees along the equator; y grows southwards, as SVG has it.
struct MapPoint {
  double x = 0;
  double y = 0;
};

// A window of the map, in its units.
struct MapBox {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

// Where a map of the world ends.
inline constexpr double kMapNorthDeg = 84;
inline constexpr double kMapSouthDeg = -60;     // without Antarctica
inline constexpr double kMapFarSouthDeg = -85;  // with it

// Miller's cylindrical projection (1942): x = longitude, y = 1.25 ln tan(pi/4 + 0.4 latitude).
// Latitudes are held within [kMapFarSouthDeg, 89].
MapPoint ProjectMiller(const LatLng& point);

// From 180 W to 180 E and from kMapNorthDeg to kMapSouthDeg, or as far south as there are points.
MapBox WorldBox(std::span<const LatLng> points);

// A window of this shape (width / height) that shows the points with some room around them, at
// least `least_width` wide; `world` where that would be wider, and for no points.
MapBox BoxAround(std::span<const LatLng> points, const MapBox& world, double aspect,
                 double least_width);

// "M1 2L3 4", with "Z" where it is closed; empty for no points. Points that lie nearer than
// `least_step` units to the one before are left out, but for the last.
std::string MapPath(std::span<const LatLng> line, bool closed, double least_step = 0);

// The background of a window in three paths, to be filled, stroked, stroked.
struct MapBackground {
  std::string land;
  std::string borders;
  std::string grid;  // meridians and parallels every 30 degrees
};
// What lies wholly outside `box` is left out; `least_step` as of MapPath.
MapBackground DrawBackground(const WorldLines& lines, const MapBox& box, double least_step = 0);

// The great circle from one point to the other (of antipodes: through the north), a point at least
// every 2 degrees. One line, or two where it crosses the antimeridian: the first ends and the
// second begins on it.
std::vector<std::vector<LatLng>> GreatCircleLines(const LatLng& from, const LatLng& to);

}  // namespace gre
