#include "report/radius_polygon.h"

#include <cmath>

#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

bool Contains(const PlaneRing& ring, const LatLng& p) {
  bool inside = false;
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    const LatLng& a = ring[i];
    const LatLng& b = ring[i + 1];
    if ((a.latitude_deg > p.latitude_deg) == (b.latitude_deg > p.latitude_deg)) continue;
    const double t = (p.latitude_deg - a.latitude_deg) / (b.latitude_deg - a.latitude_deg);
    if (p.longitude_deg < a.longitude_deg + t * (b.longitude_deg - a.longitude_deg)) {
      inside = !inside;
    }
  }
  return inside;
}

double TwiceArea(const PlaneRing& ring) {
  double twice = 0;
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    twice += ring[i].longitude_deg * ring[i + 1].latitude_deg -
             ring[i + 1].longitude_deg * ring[i].latitude_deg;
  }
  return twice;
}

// Everywhere on the Earth, poles and antimeridian included: rings are closed, counter-clockwise, in
// range, and hold just the points that are near enough (but for the 64 corners' coarseness).
TEST(RadiusPolygonTest, HoldsThePointsWithinTheRadius) {
  Random random(11);
  for (int i = 0; i < 400; ++i) {
    LatLng center = {random.Uniform(-90, 90), random.Uniform(-180, 180)};
    if (i % 4 == 0) center.longitude_deg = random.Uniform(179, 180) * (i % 8 == 0 ? 1 : -1);
    if (i % 5 == 0) center.latitude_deg = random.Uniform(85, 90) * (i % 10 == 0 ? 1 : -1);
    const double radius_km = std::pow(10, random.Uniform(-1, 3.9));
    const std::vector<PlaneRing> rings = RadiusPolygon(center, radius_km);
    ASSERT_GE(rings.size(), 1U);
    ASSERT_LE(rings.size(), 2U);
    for (const PlaneRing& ring : rings) {
      ASSERT_GE(ring.size(), 4U);
      EXPECT_EQ(ring.front(), ring.back());
      EXPECT_GT(TwiceArea(ring), 0);
      for (const LatLng& point : ring) {
        EXPECT_LE(std::abs(point.longitude_deg), 180);
        EXPECT_LE(std::abs(point.latitude_deg), 90);
      }
    }
    for (int k = 0; k < 40; ++k) {
      const double distance_km = radius_km * random.Uniform(0, 2);
      const LatLng point =
          GeodesicDestination(center, random.Uniform(0, 360), std::min(distance_km, 19000.0));
      const double true_km = GeodesicDistanceKm(center, point);
      if (std::abs(true_km / radius_km - 1) < 0.05) continue;
      // Straight edges in the plane cut corners where meridians converge.
      if (std::abs(point.latitude_deg) > 88) continue;
      const bool inside =
          Contains(rings[0], point) || (rings.size() > 1 && Contains(rings[1], point));
      EXPECT_EQ(inside, true_km < radius_km)
          << center.latitude_deg << " " << center.longitude_deg << " r " << radius_km << " point "
          << point.latitude_deg << " " << point.longitude_deg;
    }
  }
}

TEST(RadiusPolygonTest, SplitsAtTheAntimeridian) {
  EXPECT_EQ(RadiusPolygon({-17.7, 179.9}, 100).size(), 2U);  // Fiji
  EXPECT_EQ(RadiusPolygon({48.9, 2.3}, 100).size(), 1U);
}

TEST(RadiusPolygonTest, SaysNothingWithoutAUsefulRadius) {
  EXPECT_TRUE(RadiusPolygon({0, 0}, 0).empty());
  EXPECT_TRUE(RadiusPolygon({0, 0}, std::nan("")).empty());
  EXPECT_TRUE(RadiusPolygon({0, 0}, 12000).empty());
}

}  // namespace
}  // namespace gre
