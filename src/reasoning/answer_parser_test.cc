#include "reasoning/answer_parser.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "core/strings.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

// Checks one outcome line of a case file.
void CheckOutcome(std::string_view expected, const ParsedAnswer& answer) {
  const std::vector<std::string_view> words = Split(expected, ' ');
  ASSERT_EQ(AnswerStatusName(answer.status), words[0]) << answer.reason;
  if (words[0] == "parsed") {
    ASSERT_EQ(words.size(), 4u);
    EXPECT_EQ(AnswerFormName(answer.form), words[1]);
    ASSERT_TRUE(answer.point);
    EXPECT_NEAR(answer.point->latitude_deg, *ParseDouble(words[2]), 1e-9);
    EXPECT_NEAR(answer.point->longitude_deg, *ParseDouble(words[3]), 1e-9);
    EXPECT_TRUE(answer.reason.empty()) << answer.reason;
    return;
  }
  EXPECT_FALSE(answer.point);
  EXPECT_FALSE(answer.reason.empty());
  if (words[0] == "unparsed") {
    const bool swap = words.size() > 1 && words[1] == "swap";
    EXPECT_EQ(answer.swap_suspected, swap);
    EXPECT_THAT(answer.reason, HasSubstr(expected.substr(swap ? 14 : 9)));
  }
}

TEST(AnswerParser, CaseFile) {
  const auto file = ReadFile(GRE_SOURCE_DIR "/src/reasoning/testdata/answers.case");
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::string text;
  bool whole_reply = false;
  int cases = 0;
  for (const std::string_view line : Split(*file, '\n')) {
    const size_t bar = line.find("| ");
    const std::string_view kind = line.substr(0, std::min(bar, line.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (kind == "answer" || kind == "reply") {
      if (!text.empty()) text.push_back('\n');
      text.append(line.substr(bar + 2));
      whole_reply = kind == "reply";
      continue;
    }
    SCOPED_TRACE(text);
    CheckOutcome(line, whole_reply ? ParseReply(text) : ParseAnswerText(text));
    text.clear();
    ++cases;
  }
  EXPECT_GT(cases, 100);
}

TEST(AnswerParser, ReadsOpenBlocksOnRequestOnly) {
  const std::string reply = "<think>t</think><answer>48.8584, 2.2945";
  EXPECT_EQ(ParseReply(reply).status, AnswerStatus::kUnparsed);
  EXPECT_TRUE(ParseReply(reply, {.accept_open_block = true}).point);
  EXPECT_FALSE(ParseReply("48.8584, 2.2945", {.require_block = true}).point);
}

TEST(AnswerParser, ReportsNotation) {
  EXPECT_TRUE(ParseAnswerText("48°51'N, 2°17'E").sexagesimal);
  EXPECT_FALSE(ParseAnswerText("48.5°N, 2.5°E").sexagesimal);
  EXPECT_TRUE(ParseAnswerText("48,5; 2,5").decimal_comma);
  EXPECT_FALSE(ParseAnswerText("48.5; 2.5").decimal_comma);
}

TEST(AnswerParser, NullIslandBesideARefusalIsSuspected) {
  EXPECT_TRUE(ParseAnswerText("The location cannot be determined: 0, 0").placeholder_suspected);
  EXPECT_FALSE(ParseAnswerText("0, 0").placeholder_suspected);
  EXPECT_FALSE(ParseAnswerText("It cannot be told for sure: 5, 5").placeholder_suspected);
}

// ---- properties ---------------------------------------------------------------------------------

std::string Decimal(double value) { return FormatFixed(value, 6); }

std::string Comma(double value) {
  std::string text = Decimal(value);
  std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

std::string Dms(double value, const char* letters) {
  const double magnitude = std::abs(value);
  const int degrees = static_cast<int>(magnitude);
  const double minutes = (magnitude - degrees) * 60;
  const int whole_minutes = static_cast<int>(minutes);
  return std::to_string(degrees) + "°" + std::to_string(whole_minutes) + "'" +
         FormatFixed(std::min(59.9999, (minutes - whole_minutes) * 60), 4) + "\"" +
         (value < 0 ? letters[1] : letters[0]);
}

std::string Letter(double value, const char* letters) {
  return Decimal(std::abs(value)) + "° " + (value < 0 ? letters[1] : letters[0]);
}

// Every notation of one point; all but the marked ones are exact to six decimals.
std::vector<std::string> AllNotations(double lat, double lon) {
  const std::string a = Decimal(lat);
  const std::string o = Decimal(lon);
  return {a + ", " + o,
          "[" + a + "," + o + "]",
          Comma(lat) + "; " + Comma(lon),
          Comma(lat) + " " + Comma(lon),
          "geo:" + a + "," + o,
          "POINT(" + o + " " + a + ")",
          R"({"type":"Point","coordinates":[)" + o + "," + a + "]}",
          "#map=12/" + a + "/" + o,
          R"({"latitude": )" + a + R"(, "longitude": )" + o + "}",
          R"({"lng": ")" + o + R"(", "lat": ")" + a + R"("})",
          "Latitude: " + a + "°, Longitude: " + o + "°",
          "lon=" + o + " lat=" + a,
          "纬度：" + a + "，经度：" + o,
          "Breitengrad " + Comma(lat) + ", Längengrad " + Comma(lon),
          "(longitude, latitude) = (" + o + ", " + a + ")",
          a + " (lat), " + o + " (lon)",
          Letter(lat, "NS") + ", " + Letter(lon, "EW"),
          Letter(lon, "EW") + " " + Letter(lat, "NS"),
          Dms(lat, "NS") + " " + Dms(lon, "EW"),
          "**" + Letter(lat, "NS") + "**<br>**" + Letter(lon, "EW") + "**"};
}

TEST(AnswerParserProperty, EveryNotationOfEveryPointReadsBack) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    const double lat = random.Uniform(-90, 90);
    const double lon = random.Uniform(-180, 180);
    for (const std::string& text : AllNotations(lat, lon)) {
      for (const bool block : {true, false}) {
        const ParsedAnswer answer =
            ParseReply(block ? "<think>t</think><answer>" + text + "</answer>" : text);
        ASSERT_TRUE(answer.point) << text << ": " << answer.reason;
        // Half a unit of the sixth decimal, or of the fourth decimal of a second.
        EXPECT_NEAR(answer.point->latitude_deg, lat, 6e-7) << text;
        EXPECT_NEAR(answer.point->longitude_deg, lon, 6e-7) << text;
      }
    }
  }
}

TEST(AnswerParserProperty, OrderNeverDependsOnMagnitude) {
  Random random(8);
  for (int i = 0; i < 500; ++i) {
    const double first = random.Uniform(-180, 180);
    const double second = random.Uniform(-180, 180);
    const ParsedAnswer answer = ParseAnswerText(Decimal(first) + ", " + Decimal(second));
    if (std::abs(first) <= 90) {
      ASSERT_TRUE(answer.point);
      EXPECT_NEAR(answer.point->latitude_deg, first, 1e-6);
      EXPECT_NEAR(answer.point->longitude_deg, second, 1e-6);
    } else {
      EXPECT_EQ(answer.status, AnswerStatus::kUnparsed);
      EXPECT_EQ(answer.swap_suspected, std::abs(second) <= 90);
    }
  }
}

TEST(AnswerParserProperty, RenderedAnswersReadBack) {
  Random random(9);
  for (int i = 0; i < 500; ++i) {
    const LatLng point{random.Uniform(-90, 90), random.Uniform(-180, 180)};
    const ParsedAnswer answer = ParseAnswerText(RenderAnswer(point));
    ASSERT_TRUE(answer.point);
    EXPECT_NEAR(answer.point->latitude_deg, point.latitude_deg, 5.1e-5);
    EXPECT_NEAR(answer.point->longitude_deg, point.longitude_deg, 5.1e-5);
  }
  EXPECT_EQ(RenderAnswer({-0.00001, 2.29449}), "0.0000, 2.2945");
}

// Random sequences of the pieces that answers are made of: nothing may crash, and every outcome
// must be consistent.
TEST(AnswerParserProperty, OutcomesOfGarbageAreConsistent) {
  const std::vector<std::string> pieces = {
      "48.85",    "2,29",       "-",         "−",
      "°",        "'",          "\"",        "N",
      "E",        "O",          "lat",       "long",
      ":",        ",",          ";",         " ",
      "\n",       "(",          ")",         "{",
      "}",        "<",          "</answer>", "<think>",
      "纬",       "度",         "1e9",       "+",
      ".",        "&deg;",      "\\u00b0",   "\\",
      "geo:",     "point(",     "nan",       "\xFF",
      "\xE2\x80", "confidence", "km",        "/",
      "|",        "and",        "unknown",   "99999999999999999999",
      "_",        "**"};
  Random random(10);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (uint64_t n = random.Below(12); n > 0; --n) text += pieces[random.Below(pieces.size())];
    for (const ParsedAnswer& answer : {ParseReply(text), ParseAnswerText(text)}) {
      ASSERT_EQ(answer.point.has_value(), answer.status == AnswerStatus::kParsed) << text;
      ASSERT_EQ(answer.reason.empty(), answer.status == AnswerStatus::kParsed) << text;
      ASSERT_FALSE(answer.swap_suspected && answer.point) << text;
      if (answer.point) {
        ASSERT_TRUE(LatLng::FromDegrees(answer.point->latitude_deg, answer.point->longitude_deg));
      }
    }
  }
}

// Nothing may look back or ahead without bound: quadratic work on these would outlast the test's
// time limit.
TEST(AnswerParser, LongHostileTextEnds) {
  const std::vector<std::string> units = {"<",  "<answer>", "<think>",  "9",   "9 ",   "-",
                                          "- ", "lat ",     "1,",       "&",   "\\",   "\"",
                                          "(",  "1. ",      "_",        "{\"", "geo:", "point(",
                                          "N ", "48°51'",   "lat,lon ", "\n"};
  for (const std::string& unit : units) {
    std::string text;
    while (text.size() < 100'000) text += unit;
    (void)ParseReply(text);
    (void)ParseAnswerText(text);
  }
  EXPECT_THAT(ParseReply(std::string(kMaxReplyBytes + 1, '1')).reason, HasSubstr("longer than"));
}

}  // namespace
}  // namespace gre
