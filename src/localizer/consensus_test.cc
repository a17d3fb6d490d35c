#include "localizer/consensus.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"
#include "geo/sphere.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

const LatLng kParis = {48.857, 2.352};
const LatLng kLyon = {45.764, 4.836};
const LatLng kSydney = {-33.869, 151.209};

std::vector<LatLng> Near(const LatLng& center, double radius_km, int count, uint64_t seed) {
  Random random(seed);
  std::vector<LatLng> points;
  for (int i = 0; i < count; ++i) {
    points.push_back(
        GeodesicDestination(center, random.Uniform(0, 360), radius_km * random.Uniform()));
  }
  return points;
}

// A turn about an axis through the equator: moves poles and antimeridian.
LatLng Turned(const LatLng& point, double angle_deg, double shift_deg) {
  const double angle = angle_deg / 57.29577951308232;
  Vector3 v =
      ToUnitVector({point.latitude_deg, std::remainder(point.longitude_deg + shift_deg, 360)});
  const double y = v.y * std::cos(angle) - v.z * std::sin(angle);
  v.z = v.y * std::sin(angle) + v.z * std::cos(angle);
  v.y = y;
  return FromVector(v);
}

std::vector<std::vector<size_t>> Members(const std::vector<PointCluster>& clusters) {
  std::vector<std::vector<size_t>> members;
  for (const PointCluster& cluster : clusters) {
    members.push_back(cluster.members);
  }
  return members;
}

TEST(ClusterPoints, SeparatesPlacesAtEveryScale) {
  std::vector<LatLng> points = Near(kParis, 10, 5, 1);
  const auto lyon = Near(kLyon, 10, 3, 2);
  points.insert(points.end(), lyon.begin(), lyon.end());
  auto clusters = ClusterPoints(points);
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0].members, (std::vector<size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(clusters[1].members, (std::vector<size_t>{5, 6, 7}));

  points.push_back(kSydney);
  clusters = ClusterPoints(points);
  EXPECT_EQ(clusters.back().members, std::vector<size_t>{8});
  EXPECT_TRUE(ClusterPoints({}).empty());
  EXPECT_EQ(ClusterPoints(std::vector<LatLng>(4, kParis)).size(), 1u);
}

TEST(ClusterPoints, DoesNotDependOnPolesOrTheAntimeridian) {
  Random random(5);
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<LatLng> points;
    for (int group = 0; group < 3; ++group) {
      const LatLng center = {random.Uniform(-80, 80), random.Uniform(-180, 180)};
      const auto more = Near(center, random.Uniform(1, 400), 4, random.Next());
      points.insert(points.end(), more.begin(), more.end());
    }
    const double angle_deg = random.Uniform(0, 360);
    const double shift_deg = random.Uniform(-180, 180);
    std::vector<LatLng> turned;
    for (const LatLng& point : points) {
      turned.push_back(Turned(point, angle_deg, shift_deg));
    }
    EXPECT_EQ(Members(ClusterPoints(points)), Members(ClusterPoints(turned)));
    EXPECT_EQ(BestPoint(points), BestPoint(turned));
    EXPECT_NEAR(*Dispersion(points), *Dispersion(turned), *Dispersion(points) * 0.01);
  }
}

TEST(BestPoint, StaysWithTheMajorityAndNeverInventsAPlace) {
  // A mean would fall between Paris and Sydney.
  std::vector<LatLng> points = {kSydney, kParis, {48.9, 2.4}, {48.8, 2.3}};
  EXPECT_NE(BestPoint(points), 0u);
  EXPECT_EQ(BestPoint(std::vector<LatLng>{kLyon}), 0u);
  EXPECT_EQ(BestPoint(std::vector<LatLng>{kParis, kSydney}), 0u);  // the first of equals
  // Both sides of the antimeridian are one place.
  EXPECT_NE(BestPoint(std::vector<LatLng>{{0, 0}, {-17, 179.9}, {-17, -179.9}}), 0u);
}

TEST(EstimateRadius, GrowsWithTheSpreadAndIsDefinedForOneSample) {
  const RadiusEstimate alone = EstimateRadius(kParis, {}, {.typical_error_km = 200});
  EXPECT_NEAR(alone.p50_km, 200, 0.1);
  EXPECT_NEAR(alone.p90_km, 1800, 1);
  double before_km = 0;
  for (const double spread_km : {1.0, 30.0, 300.0, 3000.0}) {
    const auto radius = EstimateRadius(kParis, Near(kParis, spread_km, 7, 3), {});
    EXPECT_GT(radius.p50_km, before_km);
    EXPECT_GE(radius.p90_km, radius.p50_km);
    before_km = radius.p50_km;
  }
  // Agreement narrows, doubt widens.
  const RadiusEstimate equal = EstimateRadius(kParis, std::vector<LatLng>(7, kParis), {});
  EXPECT_LT(equal.p50_km, alone.p50_km);
  EXPECT_GT(equal.p50_km, 5);  // equal points were a radius of nothing, and its scale 1e15
  EXPECT_GT(EstimateRadius(kParis, std::vector<LatLng>(7, kSydney), {}).p50_km, 5000);
  const auto widest = EstimateRadius(kParis, {}, {.typical_error_km = 1e5, .p90_scale = 4});
  EXPECT_LE(widest.p90_km, 20004);
}

}  // namespace
}  // namespace gre
