#include "report/map_drawing.h"

#include <cmath>

#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

// Every piece stays on one side of the antimeridian, pieces join on it, and the whole is as long as
// the great circle.
void CheckLines(const LatLng& from, const LatLng& to) {
  const auto lines = GreatCircleLines(from, to);
  EXPECT_EQ(lines.front().front(), from);
  EXPECT_EQ(lines.back().back(), to);
  double length_km = 0;
  for (size_t k = 0; k < lines.size(); ++k) {
    for (size_t i = 1; i < lines[k].size(); ++i) {
      EXPECT_LE(std::abs(lines[k][i].longitude_deg - lines[k][i - 1].longitude_deg), 180 + 1e-9);
      length_km += HaversineDistanceKm(lines[k][i - 1], lines[k][i]);
    }
    if (k == 0) continue;
    EXPECT_EQ(std::abs(lines[k].front().longitude_deg), 180);
    EXPECT_EQ(lines[k].front().longitude_deg, -lines[k - 1].back().longitude_deg);
    EXPECT_EQ(lines[k].front().latitude_deg, lines[k - 1].back().latitude_deg);
  }
  const double direct_km = HaversineDistanceKm(from, to);
  EXPECT_NEAR(length_km, direct_km, 2 + direct_km * 2e-3)
      << from.latitude_deg << " " << from.longitude_deg << " to " << to.latitude_deg << " "
      << to.longitude_deg;
}

TEST(GreatCircleLinesTest, FollowTheGreatCircleWhereverItRuns) {
  CheckLines({35, 139}, {37, -122});  // across the Pacific
  CheckLines({37, -122}, {35, 139});
  CheckLines({0, 180}, {0, -170});  // from the antimeridian itself
  CheckLines({10, 10}, {10, 10});
  CheckLines({0, 0}, {0, 180});      // antipodes
  CheckLines({90, 0}, {-90, 0});     // pole to pole
  CheckLines({80, 20}, {80, -160});  // over the pole
  EXPECT_EQ(GreatCircleLines({35, 139}, {37, -122}).size(), 2U);
  EXPECT_EQ(GreatCircleLines({35, 139}, {48, 2}).size(), 1U);
  Random random(7);
  for (int i = 0; i < 500; ++i) {
    CheckLines({random.Uniform(-85, 85), random.Uniform(-180, 180)},
               {random.Uniform(-85, 85), random.Uniform(-180, 180)});
  }
}

TEST(BoxAroundTest, HoldsItsPointsInTheShapeAskedFor) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    std::vector<LatLng> points;
    for (uint64_t k = random.Below(5) + 1; k > 0; --k) {
      points.push_back({random.Uniform(-59, 83), random.Uniform(-180, 180)});
    }
    const MapBox world = WorldBox(points);
    const MapBox box = BoxAround(points, world, 2, 40);
    EXPECT_GE(box.width, 40);
    for (const LatLng& point : points) {
      const MapPoint at = ProjectMiller(point);
      EXPECT_GE(at.x, box.x);
      EXPECT_LE(at.x, box.x + box.width);
      EXPECT_GE(at.y, box.y);
      EXPECT_LE(at.y, box.y + box.height);
    }
    if (box.width < world.width) {
      EXPECT_NEAR(box.width / box.height, 2, 1e-9);
    }
  }
}

}  // namespace
}  // namespace gre
