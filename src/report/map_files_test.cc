#include "report/map_files.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "report/testing/sample_results.h"

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> Kinds(const Json& collection) {
  std::vector<std::string> kinds;
  for (const Json& feature : collection["features"]) {
    kinds.push_back(feature["properties"]["kind"].get<std::string>());
  }
  return kinds;
}

TEST(GeoJsonTest, FeaturesOfAllKinds) {
  const Json collection = ParseJson(FormatGeoJson(AllKindsOfResults())).value();
  EXPECT_EQ(collection["type"], "FeatureCollection");
  EXPECT_THAT(Kinds(collection), ElementsAre("photo", "radius_90", "radius_50", "alternative",
                                             "metadata_gps", "photo", "photo"));
  const Json& features = collection["features"];
  EXPECT_EQ(features[0]["geometry"], Json::parse(R"({"type": "Point",
      "coordinates": [178.9265, -17.7134]})"));                // longitude first
  EXPECT_EQ(features[1]["geometry"]["type"], "MultiPolygon");  // cut at the antimeridian
  EXPECT_EQ(features[2]["geometry"]["type"], "Polygon");
  EXPECT_EQ(features[2]["geometry"]["coordinates"][0].size(), 65U);
  EXPECT_TRUE(features[5]["geometry"].is_null());
  EXPECT_EQ(features[5]["properties"]["status"], "abstained");
}

TEST(KmlTest, EscapesTextAndPutsLongitudeFirst) {
  const std::string kml = FormatKml(AllKindsOfResults());
  EXPECT_THAT(kml, HasSubstr("<coordinates>178.926500,-17.713400</coordinates>"));
  EXPECT_THAT(kml, HasSubstr("<name>trip/=cmd &lt;b&gt;&amp;&quot;x&quot;.jpg</name>"));
  EXPECT_THAT(kml, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(kml, Not(HasSubstr("<script")));
  EXPECT_THAT(kml, Not(HasSubstr("\x1b")));
}

// Every element that is opened is closed, in order; no stray markup characters in text.
TEST(KmlTest, IsWellFormed) {
  const std::string kml = FormatKml(AllKindsOfResults());
  std::vector<std::string> open;
  for (size_t i = kml.find('\n'); i < kml.size(); ++i) {
    if (kml[i] != '<') continue;
    const size_t end = kml.find('>', i);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = kml.substr(i + 1, end - i - 1);
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(tag.substr(1), open.back());
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  EXPECT_TRUE(open.empty());
}

// RFC 4180, strictly.
std::vector<std::vector<std::string>> ParseCsv(const std::string& csv) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
      rows.back().back() += csv[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();  // after the last line end
  return rows;
}

TEST(CsvTest, OneRowAPhotoWithDefusedFormulas) {
  std::vector<LocateResult> results = AllKindsOfResults();
  results[2].file = "=1+1.jpg";
  const auto rows = ParseCsv(FormatCsv(results));
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  const auto cell = [&](size_t row, std::string_view column) {
    const auto found = std::find(rows[0].begin(), rows[0].end(), column);
    return rows[row].at(static_cast<size_t>(found - rows[0].begin()));
  };
  EXPECT_EQ(cell(1, "latitude"), "-17.713400");
  EXPECT_EQ(cell(1, "longitude"), "178.926500");
  EXPECT_EQ(cell(1, "nearest_place"), "Levuka");
  EXPECT_THAT(cell(1, "reasoning"), HasSubstr("Fijian & English"));
  EXPECT_EQ(cell(2, "latitude"), "");
  EXPECT_EQ(cell(3, "file"), "'=1+1.jpg");
  EXPECT_EQ(cell(3, "error"), "broken.jpg: truncated JPEG");
}

TEST(MapFilesTest, NoPhotos) {
  EXPECT_EQ(ParseJson(FormatGeoJson({})).value()["features"].size(), 0U);
  EXPECT_THAT(FormatKml({}), HasSubstr("</kml>"));
  EXPECT_EQ(ParseCsv(FormatCsv({})).size(), 1U);
}

}  // namespace
}  // namespace gre
