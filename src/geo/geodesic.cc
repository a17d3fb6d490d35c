#include "geo/geodesic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <GeographicLib/Geodesic.hpp>

#include "core/check.h"

namespace gre {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180.0;
constexpr double kMetresPerKm = 1000.0;

double SquaredSineOfHalf(double radians) {
  const double sine = std::sin(radians / 2);
  return sine * sine;
}

}  // namespace

double GeodesicDistanceKm(const LatLng& a, const LatLng& b) {
  double distance_m = 0;
  GeographicLib::Geodesic::WGS84().Inverse(a.latitude_deg, a.longitude_deg, b.latitude_deg,
                                           b.longitude_deg, distance_m);
  return distance_m / kMetresPerKm;
}

double HaversineDistanceKm(const LatLng& a, const LatLng& b, double radius_km) {
  const double latitude_a = a.latitude_deg * kRadiansPerDegree;
  const double latitude_b = b.latitude_deg * kRadiansPerDegree;
  const double longitude_difference = (b.longitude_deg - a.longitude_deg) * kRadiansPerDegree;
  const double chord =
      SquaredSineOfHalf(latitude_b - latitude_a) +
      std::cos(latitude_a) * std::cos(latitude_b) * SquaredSineOfHalf(longitude_difference);
  return 2 * radius_km * std::asin(std::min(1.0, std::sqrt(chord)));
}

LatLng GeodesicDestination(const LatLng& start, double azimuth_deg, double distance_km) {
  LatLng end;
  GeographicLib::Geodesic::WGS84().Direct(start.latitude_deg, start.longitude_deg, azimuth_deg,
                                          distance_km * kMetresPerKm, end.latitude_deg,
                                          end.longitude_deg);
  return end;
}

std::vector<LatLng> GeodesicCircle(const LatLng& center, double radius_km, int count) {
  GRE_CHECK(count >= 3);
  std::vector<LatLng> ring;
  ring.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    ring.push_back(GeodesicDestination(center, -360.0 * i / count, radius_km));
  }
  return ring;
}

}  // namespace gre
