#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"
#include "geo/point_grid.h"
#include "geo/s2_cell.h"
#include "geo/sphere.h"

namespace gre {
namespace {

LatLng RandomPoint(Random& random) {
  return {std::asin(random.Uniform(-1, 1)) * 180 / M_PI, random.Uniform(-180, 180)};
}

TEST(Geodesic, MatchesPublishedValuesForThreeConventions) {
  const LatLng paris{48.8566, 2.3522};
  const LatLng lyon{45.7640, 4.8357};
  EXPECT_NEAR(GeodesicDistanceKm(paris, lyon), 391.713, 5e-4);
  EXPECT_NEAR(HaversineDistanceKm(paris, lyon), 391.499, 5e-4);
  EXPECT_NEAR(HaversineDistanceKm(paris, lyon, kEquatorialRadiusKm), 391.938, 5e-4);
}

TEST(Geodesic, DestinationInvertsDistance) {
  Random random(1);
  for (int i = 0; i < 500; ++i) {
    const LatLng start = RandomPoint(random);
    const double distance_km = random.Uniform(0, 19900);
    const LatLng end = GeodesicDestination(start, random.Uniform(-360, 360), distance_km);
    ASSERT_TRUE(LatLng::FromDegrees(end.latitude_deg, end.longitude_deg));
    EXPECT_NEAR(GeodesicDistanceKm(start, end), distance_km, 1e-6);
  }
}

TEST(Geodesic, CircleKeepsItsRadiusAndRunsCounterClockwise) {
  const LatLng center{-17.7, 178.9};  // the ring crosses the antimeridian
  const std::vector<LatLng> ring = GeodesicCircle(center, 250);
  ASSERT_EQ(ring.size(), 64u);
  for (const LatLng& point : ring) EXPECT_NEAR(GeodesicDistanceKm(center, point), 250, 1e-9);
  EXPECT_GT(ring[0].latitude_deg, center.latitude_deg);
  EXPECT_LT(ring[16].longitude_deg, center.longitude_deg);  // a quarter turn later: west
}

TEST(Sphere, VectorsAndPointsAreInverse) {
  Random random(2);
  for (int i = 0; i < 500; ++i) {
    const LatLng point = RandomPoint(random);
    const LatLng back = FromVector(ToUnitVector(point).Scaled(random.Uniform(0.1, 10)));
    EXPECT_NEAR(back.latitude_deg, point.latitude_deg, 1e-9);
    EXPECT_NEAR(back.longitude_deg, point.longitude_deg, 1e-9);
  }
}

TEST(Sphere, MeanWorksAcrossTheAntimeridianAndRefusesAntipodes) {
  const std::vector<LatLng> fiji{{0, 179}, {0, -179}};
  const auto mean = SphericalMean(fiji);
  ASSERT_TRUE(mean);
  EXPECT_NEAR(std::abs(mean->longitude_deg), 180, 1e-9);
  EXPECT_FALSE(SphericalMean(std::vector<LatLng>{{10, 20}, {-10, -160}}));
  EXPECT_FALSE(SphericalMean({}));
}

TEST(Sphere, MedianStaysWithTheMajority) {
  const std::vector<LatLng> points{{48.85, 2.35}, {48.86, 2.36}, {48.87, 2.34}, {-33.9, 151.2}};
  const auto median = GeometricMedian(points);
  ASSERT_TRUE(median);
  EXPECT_LT(HaversineDistanceKm(*median, points[0]), 3);
  const std::vector<double> weights{0.1, 0.1, 0.1, 5};
  EXPECT_LT(HaversineDistanceKm(*GeometricMedian(points, weights), points[3]), 1);
}

TEST(Sphere, NoNearbyPointHasALowerMedianCost) {
  Random random(3);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<LatLng> points;
    std::vector<double> weights;
    const LatLng center = RandomPoint(random);
    for (int i = 0; i < 9; ++i) {
      points.push_back(GeodesicDestination(center, random.Uniform(0, 360), random.Uniform(0, 900)));
      weights.push_back(random.Uniform(0.1, 1));
    }
    const auto cost = [&](const LatLng& at) {
      const Vector3 v = ToUnitVector(at);
      double sum = 0;
      for (size_t i = 0; i < points.size(); ++i) {
        const Vector3 p = ToUnitVector(points[i]);
        sum += weights[i] * Vector3{p.x - v.x, p.y - v.y, p.z - v.z}.Norm();
      }
      return sum;
    };
    const auto median = GeometricMedian(points, weights);
    ASSERT_TRUE(median);
    for (int azimuth = 0; azimuth < 360; azimuth += 45) {
      EXPECT_GE(cost(GeodesicDestination(*median, azimuth, 1)), cost(*median) - 1e-12);
    }
  }
}

TEST(Sphere, ABoxMayCrossTheAntimeridian) {
  const GeoBox box = {-18, 178, -14, -172};
  EXPECT_TRUE(box.CrossesAntimeridian());
  EXPECT_TRUE(box.Contains({-15, 180}));
  EXPECT_TRUE(box.Contains({-15, -180}));
  EXPECT_FALSE(box.Contains({-15, 0}));
}

// Ids of the Python package s2sphere 0.2.5.
TEST(S2Cell, EqualsS2) {
  struct Case {
    double latitude, longitude;
    const char *level_6, *level_12, *leaf;
  };
  constexpr Case kCases[] = {
      {0, 0, "1001", "1000001", "1000000000000001"},
      {40.7484, -73.9857, "89c3", "89c259b", "89c259a9a9647d73"},
      {-33.8568, 151.2153, "6b13", "6b12ae7", "6b12ae669072a21f"},
      {89.9, 10, "4555", "4555563", "45555638c9acb30d"},
      {-89.9, -170, "a555", "a555563", "a5555638c9acb30d"},
      {35.3606, 138.7274, "6019", "6019629", "6019629a5ae982cf"},
      {-54.8, -68.3, "bc4d", "bc4c22d", "bc4c22dbf839d527"},
      {64.1466, -21.9426, "48d7", "48d60b3", "48d60b2d9a05f47d"},
      {-1, -91, "9aab", "9aabeeb", "9aabeebfeb2ae12b"},
      {10, -135.5, "789d", "789d225", "789d22438fb4e7b3"},
  };
  for (const Case& c : kCases) {
    const LatLng point{c.latitude, c.longitude};
    EXPECT_EQ(S2Token(S2CellOf(point, 6)), c.level_6);
    EXPECT_EQ(S2Token(S2CellOf(point, 12)), c.level_12);
    // the last bits of a leaf hang on the rounding of sines
    EXPECT_EQ(S2Token(S2CellOf(point, kMaxS2Level)).substr(0, 13),
              std::string(c.leaf).substr(0, 13));
  }
  for (const LatLng& corner : {LatLng{90, 0}, LatLng{-90, 0}, LatLng{0, 180}, LatLng{45, 45}}) {
    EXPECT_LT(S2CellOf(corner, kMaxS2Level) >> 61, 6u);
  }
  EXPECT_NEAR(S2EdgeKm(6), 144.1, 0.1);
}

TEST(PointGrid, EqualsComparingWithEveryPoint) {
  Random random(3);
  for (const double radius_km : {0.01, 1.0, 25.0, 700.0, 15000.0}) {
    PointGrid grid(radius_km);
    std::vector<LatLng> points;
    const auto draw = [&] {
      // crowded around the pole, the antimeridian and a town
      switch (random.Below(4)) {
        case 0:
          return LatLng{random.Uniform(-90, 90), random.Uniform(-180, 180)};
        case 1:
          return LatLng{random.Uniform(89.9, 90), random.Uniform(-180, 180)};
        case 2:
          return LatLng{random.Uniform(-1, 1), random.Below(2) == 0 ? 179.99 : -179.99};
        default:
          return LatLng{48 + random.Uniform(0, 0.01), 2 + random.Uniform(0, 0.01)};
      }
    };
    for (int i = 0; i < 300; ++i) {
      const LatLng point = draw();
      const bool near = std::ranges::any_of(points, [&](const LatLng& other) {
        return GeodesicDistanceKm(point, other) <= radius_km;
      });
      EXPECT_EQ(grid.HasNear(point), near) << radius_km;
      points.push_back(point);
      grid.Add(point);
    }
  }
}

}  // namespace
}  // namespace gre
