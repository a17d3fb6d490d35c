#include "report/review_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/text_layout.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReviewScreen, ShowsTruthAnswerChainAndWhatChecksFound) {
  ReviewItem item;
  item.id = "a.jpg";
  item.truth = LatLng{48.8584, 2.2945};
  item.answer = LatLng{48.9, 2.3};
  item.label = false;
  item.chain = ParseChain("1. [text/language] a sign -> French => Paris");
  item.findings = {"step 1 says Spain, the truth is France"};
  const std::string screen = RenderReviewScreen(item, PlaceNamer(), {.columns = 80});
  for (const char* part : {"a.jpg", "Truth", "France", "4.6 km from the truth", "False", "a sign",
                           "Paris", "says Spain", "T truth   A answer"}) {
    EXPECT_THAT(screen, HasSubstr(part));
  }
}

TEST(ReviewScreen, TextOfModelsCannotDriveTheTerminal) {
  ReviewItem item;
  item.id = "a\x1b[2J.jpg";
  item.truth_country = "x\x1b]0;y\x07";
  item.chain = ParseChain("1. [text/language] red\x1b[31m sign -> x\r\x07 => y");
  item.findings = {"\x1b[2J"};
  const std::string screen = RenderReviewScreen(item, PlaceNamer(), {.columns = 80});
  EXPECT_THAT(screen, Not(HasSubstr("\x1b")));
  EXPECT_THAT(screen, Not(HasSubstr("\x07")));
}

TEST(ReviewScreen, APhotoIsDrawnWithinItsBoundsInItsOwnProportions) {
  const auto draw = [](int width, int height) {
    RgbImage photo{width, height, std::vector<uint8_t>(size_t(3) * width * height, 200)};
    return DrawPhoto(photo, 60, 20);
  };
  EXPECT_EQ(draw(600, 200).size(), 10U);   // 60 columns wide: two pixels a line
  EXPECT_EQ(draw(200, 2000).size(), 20U);  // as high as allowed
  for (const std::string& line : draw(200, 2000)) {
    size_t blocks = 0;
    for (size_t at = 0; (at = line.find("▀", at)) != std::string::npos; ++at) ++blocks;
    EXPECT_EQ(blocks, 4U);
  }
}

}  // namespace
}  // namespace gre
