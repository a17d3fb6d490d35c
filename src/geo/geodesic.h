#pragma once

#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// Distances and direct problems on the Earth. All functions are pure and thread-safe; points must
// be valid (see LatLng).

// Mean Earth radius that GeoScore and most published haversine numbers use.
inline constexpr double kMeanEarthRadiusKm = 6371.0;
// Equatorial radius of WGS-84, used as a sphere by some published evaluations.
inline constexpr double kEquatorialRadiusKm = 6378.137;

// Length of the shortest path on the WGS-84 ellipsoid (Karney, "Algorithms for geodesics", 2013;
// GeographicLib). At most about 20004 km; accurate to nanometres, near-antipodal pairs included.
double GeodesicDistanceKm(const LatLng& a, const LatLng& b);

// Great-circle distance on a sphere:
// 2R asin(min(1, sqrt(sin^2(dlat/2) + cos lat1 cos lat2 sin^2(dlon/2)))).
double HaversineDistanceKm(const LatLng& a, const LatLng& b, double radius_km = kMeanEarthRadiusKm);

// The point reached from `start` after `distance_km` along the geodesic that leaves at
// `azimuth_deg` (clockwise from north). Longitude in [-180, 180].
LatLng GeodesicDestination(const LatLng& start, double azimuth_deg, double distance_km);

// `count` points at `radius_km` from `center`, counter-clockwise from north (the order of a GeoJSON
// exterior ring), not closed. Longitudes are within [-180, 180], so a ring that crosses the
// antimeridian jumps there.
std::vector<LatLng> GeodesicCircle(const LatLng& center, double radius_km, int count = 64);

}  // namespace gre
