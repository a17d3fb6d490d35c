#include "bench/build/clue_matcher.h"

#include <gtest/gtest.h>

#include "bench/testing/plane_embedder.h"

namespace gre {
namespace {

TEST(ClueMatcher, TheMostSimilarCluesComeFirst) {
  PlaneClip clip;
  const auto matcher = MakeClueMatcher(clip, {"north", "between", "east"}, 2);
  ASSERT_TRUE(matcher.ok());
  const auto matches = (*matcher)(WhitePhoto());
  ASSERT_TRUE(matches.ok());
  ASSERT_EQ(matches->size(), 2u);
  EXPECT_EQ(matches->at(0).text, "east");
  EXPECT_NEAR(matches->at(0).similarity, 1, 1e-6);
  EXPECT_EQ(matches->at(1).text, "between");
}

}  // namespace
}  // namespace gre
