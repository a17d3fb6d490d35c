#include "model/qwen2_5_vl/layout.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using testing::ElementsAre;

TEST(WindowLayoutTest, BorderWindowsAreSmallerAndOrderRunsWithinWindows) {
  const WindowLayout layout = MakeWindowLayout(/*units_high=*/3, /*units_wide=*/5, /*window=*/2);
  EXPECT_THAT(layout.lengths, ElementsAre(4, 4, 2, 2, 2, 1));
  EXPECT_THAT(layout.order, ElementsAre(0, 1, 5, 6, 2, 3, 7, 8, 4, 9, 10, 11, 12, 13, 14));
}

TEST(WindowLayoutTest, EveryUnitStandsOnceForAllGrids) {
  for (int64_t high = 1; high <= 9; ++high) {
    for (int64_t wide = 1; wide <= 9; ++wide) {
      WindowLayout layout = MakeWindowLayout(high, wide, 4);
      EXPECT_EQ(std::accumulate(layout.lengths.begin(), layout.lengths.end(), int64_t{0}),
                high * wide);
      EXPECT_EQ(static_cast<int64_t>(layout.lengths.size()), (high + 3) / 4 * ((wide + 3) / 4));
      std::sort(layout.order.begin(), layout.order.end());
      for (int64_t i = 0; i < high * wide; ++i) EXPECT_EQ(layout.order[static_cast<size_t>(i)], i);
    }
  }
}

TEST(MropePositionsTest, ImagesSpreadOverHeightAndWidthAndAdvanceByTheLongerSide) {
  constexpr int32_t kPad = 9;
  const std::vector<int32_t> ids = {1, kPad, kPad, kPad, kPad, kPad, kPad, 2, kPad, 3};
  const std::vector<UnitGrid> grids = {{2, 3}, {1, 1}};
  const MropePositions positions = MakeMropePositions(ids, kPad, grids);
  EXPECT_THAT(positions.axes[0], ElementsAre(0, 1, 1, 1, 1, 1, 1, 4, 5, 6));
  EXPECT_THAT(positions.axes[1], ElementsAre(0, 1, 1, 1, 2, 2, 2, 4, 5, 6));
  EXPECT_THAT(positions.axes[2], ElementsAre(0, 1, 2, 3, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(positions.next, 7);
}

}  // namespace
}  // namespace gre
