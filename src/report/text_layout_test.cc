#include "report/text_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using testing::ElementsAre;

TEST(TextLayoutTest, CountsTerminalColumns) {
  EXPECT_EQ(DisplayWidth("Łódź"), 4);
  EXPECT_EQ(DisplayWidth("東京 1"), 6);
  EXPECT_EQ(DisplayWidth("e\u0301\u200d"), 1);
}

TEST(TextLayoutTest, WrapsAtSpacesElseBetweenCharacters) {
  EXPECT_THAT(WrapText("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(WrapText("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
  EXPECT_THAT(WrapText("東京都新宿区", 5), ElementsAre("東京", "都新", "宿区"));
  EXPECT_THAT(WrapText("", 5), ElementsAre(""));
  EXPECT_THAT(WrapText("ab ", 2), ElementsAre("ab"));
}

TEST(TextLayoutTest, Ellipsizes) {
  EXPECT_EQ(Ellipsize("short", 5), "short");
  EXPECT_EQ(Ellipsize("too long", 5), "too …");
  EXPECT_EQ(Ellipsize("東京都", 4), "東…");
}

}  // namespace
}  // namespace gre
