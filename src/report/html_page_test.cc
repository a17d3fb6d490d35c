#include "report/html_page.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/metadata.h"
#include "knowledge/borders.h"
#include "localizer/testing/sample_results.h"
#include "report/world_land.h"

namespace gre {
namespace {

using testing::HasSubstr;
using testing::Not;

HtmlOptions Options() {
  return {.photo = {}, .world = {WorldLand(), WorldBorders()}, .version = "1.2.3"};
}

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++count;
  return count;
}

TEST(HtmlPageTest, LoadsNothingAndEscapesEverything) {
  for (const auto& results : {std::vector{FullResult()}, AllKindsOfResults()}) {
    const std::string page = FormatHtml(results, Options());
    EXPECT_THAT(page, Not(HasSubstr("http:")));
    EXPECT_THAT(page, Not(HasSubstr("https:")));
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page, Not(HasSubstr("<b>&\"x\"")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
    EXPECT_THAT(page, Not(HasSubstr(" style=")));  // the policy would refuse it
    EXPECT_THAT(page, Not(HasSubstr(" onclick")));
    EXPECT_EQ(Count(page, "<script>"), 1U);
    EXPECT_EQ(Count(page, "'sha256-"), 2U);
    EXPECT_EQ(Count(page, "<article"), results.size());
  }
}

TEST(HtmlPageTest, ShowsAnswerChainAndAlternatives) {
  const std::string page = FormatHtml(std::vector{FullResult()}, Options());
  EXPECT_THAT(page, HasSubstr("<h2>Levuka, Eastern, Fiji</h2>"));
  EXPECT_THAT(page, HasSubstr("<li class=\"f-text\">"));
  EXPECT_THAT(page, HasSubstr("<p class=\"inference\">Fijian &amp; English</p>"));
  EXPECT_THAT(page, HasSubstr("open sea, 32 km off Samoa"));
  EXPECT_THAT(page, HasSubstr("<li>Step 1: Cyrillic is not the script of &lt;b&gt;Fiji</li>"));
  EXPECT_THAT(page, HasSubstr("(GPS metadata, 14 km from the answer)"));
  EXPECT_THAT(page, HasSubstr("73 % for the country (calibrated)"));
  EXPECT_THAT(page, HasSubstr("<dt>Spread</dt><dd>813 km between two samples on average</dd>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#photo-1\">"));
  EXPECT_THAT(page, HasSubstr("class=\"disc outer\""));
}

TEST(HtmlPageTest, EmbedsPhotosWithoutMetadata) {
  HtmlOptions options = Options();
  int asked = 0;
  options.photo = [&](const LocateResult&, int max_side) {
    ++asked;
    const RgbImage image = {1600, 400, std::vector<uint8_t>(1600 * 400 * 3, 120)};
    const std::string jpeg = MakeThumbnail(image, max_side).value();
    EXPECT_EQ(ReadMetadata(jpeg), PhotoMetadata{});
    return jpeg;
  };
  const std::string page = FormatHtml(AllKindsOfResults(), options);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(Count(page, "src=\"data:image/jpeg;base64,"), 3U);
}

TEST(HtmlPageTest, PhotosThatAreGoneAreNoError) {
  EXPECT_EQ(PhotosFromFiles()(FailedResult(), 100), "");
}

}  // namespace
}  // namespace gre
