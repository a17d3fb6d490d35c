#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"
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

TEST(Sphere, BoxTakesTheShortWayRound) {
  const auto box = BoundingBox(std::vector<LatLng>{{-18, 178}, {-14, -172}, {-17, 179.5}});
  ASSERT_TRUE(box);
  EXPECT_EQ(*box, (GeoBox{-18, 178, -14, -172}));
  EXPECT_TRUE(box->CrossesAntimeridian());
  EXPECT_TRUE(box->Contains({-15, 180}));
  EXPECT_TRUE(box->Contains({-15, -180}));
  EXPECT_FALSE(box->Contains({-15, 0}));
  EXPECT_EQ(*BoundingBox(std::vector<LatLng>{{1, 2}}), (GeoBox{1, 2, 1, 2}));
  EXPECT_FALSE(BoundingBox({}));
}

}  // namespace
}  // namespace gre
