#include "report/map_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "localizer/testing/sample_results.h"

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

// Answers across the antimeridian, around a pole, on both, and of every other kind.
std::vector<LocateResult> ResultsAtTheEdges() {
  std::vector<LocateResult> results = AllKindsOfResults();
  for (const LatLng& point : {LatLng{89.5, 10}, LatLng{-90, 0}, LatLng{65, -179.9}, LatLng{0, 180},
                              LatLng{-77.8, 166.7}}) {
    LocateResult result = FullResult();
    result.answer->point = point;
    results.push_back(result);
    result.answer->radius_p50_km = 2500;
    result.answer->radius_p90_km = 9000;
    results.push_back(result);
  }
  return results;
}

// RFC 7946, sections 3.1.1, 3.1.6 and 3.1.9.
void CheckPosition(const Json& position) {
  ASSERT_EQ(position.size(), 2U);
  EXPECT_LE(std::abs(position[0].get<double>()), 180);
  EXPECT_LE(std::abs(position[1].get<double>()), 90);
}

void CheckPolygon(const Json& rings) {
  ASSERT_EQ(rings.size(), 1U);
  const Json& ring = rings[0];
  ASSERT_GE(ring.size(), 4U);
  EXPECT_EQ(ring.front(), ring.back());
  double twice_area = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    CheckPosition(ring[i]);
    if (i == 0) continue;
    const auto at = [&](size_t k, size_t axis) { return ring[k][axis].get<double>(); };
    twice_area += at(i - 1, 0) * at(i, 1) - at(i, 0) * at(i - 1, 1);
  }
  EXPECT_GT(twice_area, 0) << "the right-hand rule";
}

TEST(GeoJsonTest, MeetsRfc7946AtTheAntimeridianAndThePoles) {
  const Json collection = ParseJson(FormatGeoJson(ResultsAtTheEdges())).value();
  EXPECT_FALSE(collection.contains("crs"));
  for (const Json& feature : collection["features"]) {
    EXPECT_EQ(feature["type"], "Feature");
    EXPECT_TRUE(feature["properties"].is_object());
    ASSERT_TRUE(feature.contains("geometry"));
    const Json& geometry = feature["geometry"];
    if (geometry.is_null()) continue;
    const Json& coordinates = geometry["coordinates"];
    if (geometry["type"] == "Point") {
      CheckPosition(coordinates);
    } else if (geometry["type"] == "Polygon") {
      CheckPolygon(coordinates);
    } else {
      ASSERT_EQ(geometry["type"], "MultiPolygon");
      EXPECT_GT(coordinates.size(), 1U);
      for (const Json& polygon : coordinates) CheckPolygon(polygon);
    }
  }
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

// The order of children that KML 2.2's schema asks for, of the elements written here.
const std::map<std::string, std::vector<std::string>> kKmlChildren = {
    {"kml", {"Document"}},
    {"Document", {"name", "Style", "Folder"}},
    {"Style", {"IconStyle", "LineStyle", "PolyStyle"}},
    {"IconStyle", {"color", "scale"}},
    {"LineStyle", {"color", "width"}},
    {"PolyStyle", {"color"}},
    {"Folder", {"name", "description", "Placemark"}},
    {"Placemark", {"name", "description", "styleUrl", "ExtendedData", "Point", "MultiGeometry"}},
    {"ExtendedData", {"Data"}},
    {"Data", {"value"}},
    {"MultiGeometry", {"Polygon"}},
    {"Point", {"coordinates"}},
    {"Polygon", {"tessellate", "outerBoundaryIs"}},
    {"outerBoundaryIs", {"LinearRing"}},
    {"LinearRing", {"coordinates"}}};

TEST(KmlTest, ElementsAreWellFormedAndInTheOrderOfTheSchema) {
  const std::string kml = FormatKml(ResultsAtTheEdges());
  struct Open {
    std::string tag;
    size_t child = 0;  // place of the last one in the schema's order
  };
  std::vector<Open> open;
  for (size_t i = kml.find("<kml"); i != std::string::npos; i = kml.find('<', i + 1)) {
    const size_t end = kml.find('>', i);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = kml.substr(i + 1, kml.find_first_of(" >", i) - i - 1);
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(tag.substr(1), open.back().tag);
      open.pop_back();
      continue;
    }
    if (!open.empty()) {
      ASSERT_TRUE(kKmlChildren.contains(open.back().tag)) << tag << " in " << open.back().tag;
      const std::vector<std::string>& order = kKmlChildren.at(open.back().tag);
      const auto place =
          static_cast<size_t>(std::find(order.begin(), order.end(), tag) - order.begin());
      ASSERT_LT(place, order.size()) << tag << " in " << open.back().tag;
      EXPECT_GE(place, open.back().child) << tag << " in " << open.back().tag;
      open.back().child = place;
    }
    if (tag == "styleUrl") {
      const std::string name = kml.substr(end + 2, kml.find('<', end) - end - 2);
      EXPECT_THAT(kml, HasSubstr("<Style id=\"" + name + "\">"));
    }
    open.push_back({tag});
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
