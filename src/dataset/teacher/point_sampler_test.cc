#include "dataset/teacher/point_sampler.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(PointSamplerTest, HalvesShareNoPlaceButAnOnlyOne) {
  std::vector<LatLng> france;
  for (int i = 0; i < 9; ++i) france.push_back({44.5 + 0.3 * i, 2.5});
  const PointSampler all({{"FR", france}, {"MT", {{35.9, 14.4}}}});
  const PointSampler::Halves halves = all.Divide(1);
  const auto first = halves.first.FixedPoints("FR", 100);
  const auto second = halves.second.FixedPoints("FR", 100);
  EXPECT_EQ(first.size(), 5);
  EXPECT_EQ(second.size(), 4);
  for (const LatLng& point : second) EXPECT_EQ(std::ranges::count(first, point), 0);
  EXPECT_EQ(halves.first.FixedPoints("MT", 100), halves.second.FixedPoints("MT", 100));
  EXPECT_EQ(all.Divide(1).first.FixedPoints("FR", 100), first);

  // written and read again, the same places
  const auto read = PointSampler::FromGallery(halves.first.ToGallery());
  ASSERT_TRUE(read.ok()) << read.error().message;
  auto again = read->FixedPoints("FR", 100), before = first;
  std::ranges::sort(again, {}, &LatLng::latitude_deg);
  std::ranges::sort(before, {}, &LatLng::latitude_deg);
  EXPECT_EQ(again, before);
}

}  // namespace
}  // namespace gre
