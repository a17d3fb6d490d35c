#pragma once

#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// A closed ring in the plane of longitude and latitude: first point = last point,
// counter-clockwise, within [-180, 180] x [-90, 90].
using PlaneRing = std::vector<LatLng>;

// The disc of `radius_km` around `center` as polygons for GeoJSON (RFC 7946, section 3.1.9) and
// KML: 64 points on the geodesic circle, cut at the antimeridian, closed along the pole when a pole
// lies inside. One or two rings without holes; none when the radius is not positive or is over
// kMaxDiscRadiusKm, where the disc says nothing any more and may hold both poles.
std::vector<PlaneRing> RadiusPolygon(const LatLng& center, double radius_km);

inline constexpr double kMaxDiscRadiusKm = 10000;

}  // namespace gre
