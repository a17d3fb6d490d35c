#pragma once

#include <cstdint>
#include <string>

#include "geo/lat_lng.h"

namespace gre {

// Cells of nearly equal area in Google's S2 division of the sphere (s2geometry.io,
// "S2 Cell Hierarchy"): six faces of a cube, each cut in four `level` times, numbered along a
// Hilbert curve. Latitudes are taken for spherical ones, as S2 does. Pure, thread-safe.

inline constexpr int kMaxS2Level = 30;

// The id of the cell of `level` (0 to 30) that holds the point; equal to S2CellId's.
uint64_t S2CellOf(const LatLng& point, int level);
// "89c25": the id in hexadecimal without the zeros at its end.
std::string S2Token(uint64_t cell);
// The root of the mean area of a level's cells: 9,220 km at level 0, half of that for each further
// one.
double S2EdgeKm(int level);

}  // namespace gre
