#include "report/terminal_report.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/strings.h"
#include "localizer/testing/sample_results.h"
#include "report/text_layout.h"
#include "report/world_land.h"

namespace gre {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TerminalReportTest, SaysItAllInOrder) {
  LocateResult result = FullResult();
  result.file = "beach.jpg";
  result.chain[0].observation = "a sign in two languages";
  EXPECT_EQ(RenderTerminalReport(result, {.columns = 70, .show_map = false}), R"(beach.jpg
─────────
  In the file 17.7000° S, 178.8000° E  (GPS metadata, 14 km from the
              answer)
  Answer      Levuka, Eastern, Fiji
              17.7134° S, 178.9265° E
  Radius      35 km (50 %), 420 km (90 %)
  Confidence  ███████████████░░░░░ 73 % for the country (calibrated)
  Spread      813 km between two samples on average

  Reasoning
   1. Textual clues · language
      a sign in two languages
      → Fijian & English
      ⇒ Fiji
   2. Transport and urban context
      → they drive on the left

  Contradictions
  step 1      Cyrillic is not the script of <b>Fiji

  Alternatives
   1.   25 %  open sea, 32 km off Samoa  (13.83° S, 171.77° W)

  Qwen2.5-VL-3B-Instruct (local), 8 samples, seed 7, 5.10 s
)");
}

TEST(TerminalReportTest, AbstentionsAndFailuresSayWhy) {
  const std::string abstained = RenderTerminalReport(AbstainedResult(), {});
  EXPECT_THAT(abstained, HasSubstr("Cannot tell: the samples scatter over four continents"));
  EXPECT_THAT(abstained, HasSubstr("gre model fetch"));
  EXPECT_THAT(RenderTerminalReport(AbstainedResult(), {.show_model_hint = false}),
              Not(HasSubstr("gre model fetch")));
  EXPECT_THAT(RenderTerminalReport(FailedResult(), {}),
              HasSubstr("Error       Failed: broken.jpg: truncated JPEG"));
}

// Regression: the country of --within was called sure "from the samples alone", and a radius that
// reaches beyond it stood as if all of it counted.
TEST(TerminalReportTest, AGivenCountryWasCalledTheSamplesFinding) {
  LocateResult result = FullResult();
  result.within = "Fiji";
  result.answer->confidence = 1;
  result.answer->confidence_source = ConfidenceSource::kGiven;
  const std::string report = RenderTerminalReport(result, {});
  EXPECT_THAT(report, HasSubstr("100 % for the country (given by --within)"));
  EXPECT_THAT(report, HasSubstr("35 km (50 %), 420 km (90 %), as far as --within reaches"));
}

// Regression: a point in a country's territorial waters was called open sea.
TEST(TerminalReportTest, TerritorialWatersWereOpenSea) {
  LocateResult result = FullResult();
  Place& place = result.answer->place;
  place.is_ocean = true;
  place.nearest_land = "Fiji";
  place.land_distance_km = 4;
  const std::string report = RenderTerminalReport(result, {});
  EXPECT_THAT(report, HasSubstr("at sea, 4.0 km off Fiji"));
  EXPECT_THAT(report, HasSubstr("open sea, 32 km off Samoa"));
}

TEST(TerminalReportTest, TheGuessOfASingleSampleIsNoAlternative) {
  LocateResult result = FullResult();
  result.status = LocateStatus::kAbstained;
  result.answer.reset();
  result.samples = 1;
  result.alternatives[0].share = 1;
  const std::string report = RenderTerminalReport(result, {.land = WorldLand()});
  EXPECT_THAT(report, HasSubstr("  Likeliest guess\n   1. open sea, 32 km off Samoa"));
  EXPECT_THAT(report, HasSubstr("  1 guess   G metadata\n"));
  EXPECT_THAT(report, Not(HasSubstr("lternative")));
}

TEST(TerminalReportTest, ModelTextCannotControlTheTerminal) {
  const std::string report = RenderTerminalReport(FullResult(), {.land = WorldLand()});
  EXPECT_THAT(report, Not(HasSubstr("\x1b")));
  EXPECT_THAT(report, HasSubstr("<script>"));
}

TEST(TerminalReportTest, FitsTheTerminal) {
  for (const int columns : {40, 57, 80, 200}) {
    const std::string report =
        RenderTerminalReport(FullResult(), {.columns = columns, .land = WorldLand()});
    for (const std::string_view line : Split(report, '\n')) {
      EXPECT_LE(DisplayWidth(line), columns) << line;
    }
  }
}

TEST(TerminalReportTest, AsciiFrameAndMapWithoutUtf8) {
  const std::string report =
      RenderTerminalReport(FullResult(), {.unicode = false, .land = WorldLand()});
  EXPECT_TRUE(std::all_of(report.begin(), report.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  })) << report;
}

}  // namespace
}  // namespace gre
