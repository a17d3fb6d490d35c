#include "report/radius_polygon.h"

#include <algorithm>
#include <cmath>

#include "geo/geodesic.h"

namespace gre {
namespace {

constexpr int kCirclePoints = 64;

double SignedArea(const PlaneRing& ring) {
  double twice = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const LatLng& a = ring[i];
    const LatLng& b = ring[(i + 1) % ring.size()];
    twice += a.longitude_deg * b.latitude_deg - b.longitude_deg * a.latitude_deg;
  }
  return twice / 2;
}

// The open ring without the jump at the antimeridian: longitudes may leave [-180, 180].
PlaneRing Unwrap(PlaneRing ring) {
  for (size_t i = 1; i < ring.size(); ++i) {
    const double step = ring[i].longitude_deg - ring[i - 1].longitude_deg;
    ring[i].longitude_deg -= 360 * std::round(step / 360);
  }
  return ring;
}

// Around a pole the unwrapped circle ends 360 degrees from its start: walk there and back along the
// pole's edge of the plane.
void CloseAlongPole(PlaneRing& ring, double pole_latitude_deg) {
  const double direction = pole_latitude_deg > 0 ? 360 : -360;  // counter-clockwise seen from above
  const LatLng first = ring.front();
  const double end = first.longitude_deg + direction;
  ring.push_back({first.latitude_deg, end});
  ring.push_back({pole_latitude_deg, end});
  ring.push_back({pole_latitude_deg, first.longitude_deg});
}

// The part of the open ring on one side of a meridian (Sutherland and Hodgman). One piece, because
// a disc below a quarter of the Earth's circumference meets half a meridian in one stretch.
PlaneRing ClipAtMeridian(const PlaneRing& ring, double meridian_deg, bool keep_east) {
  PlaneRing kept;
  const auto inside = [&](const LatLng& p) {
    return keep_east ? p.longitude_deg >= meridian_deg : p.longitude_deg <= meridian_deg;
  };
  for (size_t i = 0; i < ring.size(); ++i) {
    const LatLng& a = ring[i];
    const LatLng& b = ring[(i + 1) % ring.size()];
    if (inside(a)) kept.push_back(a);
    if (inside(a) != inside(b)) {
      const double t = (meridian_deg - a.longitude_deg) / (b.longitude_deg - a.longitude_deg);
      kept.push_back({a.latitude_deg + t * (b.latitude_deg - a.latitude_deg), meridian_deg});
    }
  }
  return kept;
}

}  // namespace

std::vector<PlaneRing> RadiusPolygon(const LatLng& center, double radius_km) {
  if (!(radius_km > 0) || radius_km > kMaxDiscRadiusKm) return {};
  PlaneRing circle = Unwrap(GeodesicCircle(center, radius_km, kCirclePoints));
  for (const double pole : {90.0, -90.0}) {
    if (GeodesicDistanceKm(center, {pole, 0}) < radius_km) CloseAlongPole(circle, pole);
  }
  std::vector<PlaneRing> rings;
  for (const double shift : {-360.0, 0.0, 360.0}) {
    PlaneRing ring = circle;
    for (LatLng& point : ring) point.longitude_deg += shift;
    ring = ClipAtMeridian(ClipAtMeridian(ring, -180, true), 180, false);
    const double area = ring.size() < 3 ? 0 : SignedArea(ring);
    if (area == 0) continue;
    if (area < 0) std::reverse(ring.begin(), ring.end());
    ring.push_back(ring.front());
    rings.push_back(std::move(ring));
  }
  return rings;
}

}  // namespace gre
