#include "image/patches.h"

#include <gtest/gtest.h>

namespace gre {
namespace {

// The layout formula of the reference processor, written out the slow way.
TEST(PatchesTest, LayoutMatchesTheFormula) {
  PatchSpec spec;
  spec.patch_size = 3;
  spec.merge_size = 2;
  spec.temporal_patch_size = 2;
  spec.mean = {0, 0, 0};
  spec.std = {1.0 / 255, 1.0 / 255, 1.0 / 255};  // values come back as levels
  RgbImage image{12, 6, {}};
  for (int i = 0; i < 12 * 6 * 3; ++i) {
    image.pixels.push_back(static_cast<uint8_t>(i));
  }
  const ImagePatches patches = MakePatches(image, spec);
  EXPECT_EQ(patches.grid_height, 2);
  EXPECT_EQ(patches.grid_width, 4);
  size_t at = 0;
  for (int block = 0; block < 2; ++block) {  // one block row, two block columns
    for (int my = 0; my < 2; ++my) {
      for (int mx = 0; mx < 2; ++mx) {
        for (int c = 0; c < 3; ++c) {
          for (int t = 0; t < 2; ++t) {
            for (int y = 0; y < 3; ++y) {
              for (int x = 0; x < 3; ++x, ++at) {
                const int row = my * 3 + y;
                const int column = (block * 2 + mx) * 3 + x;
                ASSERT_NEAR(patches.rows[at], image.Row(row)[column * 3 + c], 1e-4);
              }
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(at, patches.rows.size());
}

TEST(PatchesTest, DefaultNormalisation) {
  const RgbImage image{28, 28, std::vector<uint8_t>(28 * 28 * 3, 255)};
  const ImagePatches patches = MakePatches(image);
  ASSERT_EQ(patches.rows.size(), 4u * 1176u);
  EXPECT_FLOAT_EQ(patches.rows[0], (1 - 0.48145466f) / 0.26862954f);
  EXPECT_FLOAT_EQ(patches.rows[1175], (1 - 0.40821073f) / 0.27577711f);
}

}  // namespace
}  // namespace gre
