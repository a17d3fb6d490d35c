#include "report/world_land.h"

#include <gtest/gtest.h>

namespace gre {
namespace {

bool IsLand(std::span<const std::vector<LatLng>> rings, const LatLng& p) {
  bool inside = false;
  for (const std::vector<LatLng>& ring : rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const LatLng& a = ring[i];
      const LatLng& b = ring[(i + 1) % ring.size()];
      if ((a.latitude_deg > p.latitude_deg) == (b.latitude_deg > p.latitude_deg)) continue;
      const double t = (p.latitude_deg - a.latitude_deg) / (b.latitude_deg - a.latitude_deg);
      if (p.longitude_deg < a.longitude_deg + t * (b.longitude_deg - a.longitude_deg)) {
        inside = !inside;
      }
    }
  }
  return inside;
}

TEST(WorldLandTest, JoinsLinesInAnyDirection) {
  const std::vector<std::vector<LatLng>> coasts = {
      {{0, 0}, {0, 10}}, {{10, 0}, {10, 10}, {0, 10}}, {{10, 0}, {0, 0}}};
  const auto rings = JoinCoasts(coasts);
  ASSERT_EQ(rings.size(), 1U);
  EXPECT_EQ(rings[0].front(), rings[0].back());
  EXPECT_TRUE(IsLand(rings, {5, 5}));
}

TEST(WorldLandTest, FillsContinentsAndNotSeas) {
  const auto land = WorldLand();
  const LatLng on_land[] = {{50, 10},   {40, -100}, {-10, -55},   {0, 25},   {60, 100},
                            {67, 175},  {67, -175}, {-25, 135},   {72, -40}, {-85, 0},
                            {-80, 100}, {35, 105},  {-42, 146.5}, {24, 45}};
  const LatLng at_sea[] = {{0, -30}, {30, -45}, {-40, 80}, {0, -150}, {45, 170},
                           {-60, 0}, {20, 65},  {85, 100}, {36, 18},  {43, 35}};
  for (const LatLng& point : on_land)
    EXPECT_TRUE(IsLand(land, point)) << point.latitude_deg << " " << point.longitude_deg;
  for (const LatLng& point : at_sea)
    EXPECT_FALSE(IsLand(land, point)) << point.latitude_deg << " " << point.longitude_deg;
}

}  // namespace
}  // namespace gre
