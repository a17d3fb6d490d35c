#include "localizer/search_area.h"

#include <gtest/gtest.h>

#include "core/file.h"

namespace gre {
namespace {

TEST(SearchArea, ReadsCountriesWithTheirCoastsAndClaims) {
  const auto japan = SearchArea::Parse("japan");
  ASSERT_TRUE(japan.ok());
  EXPECT_EQ(japan->country_code(), "JP");
  EXPECT_EQ(japan->description(), "Japan");
  EXPECT_TRUE(japan->Contains({35.68, 139.76}));
  EXPECT_TRUE(japan->Contains({35.5, 139.9}));  // Tokyo Bay
  EXPECT_FALSE(japan->Contains({37.5, 127}));
  EXPECT_TRUE(SearchArea::Parse("UA")->Contains({45.0, 34.1}));
  EXPECT_TRUE(SearchArea::Parse("RU")->Contains({45.0, 34.1}));
  EXPECT_FALSE(SearchArea::Parse("TR")->Contains({45.0, 34.1}));
}

TEST(SearchArea, ReadsBoxesAlsoAcrossTheAntimeridian) {
  const auto box = SearchArea::Parse("170, -20, -170, -10");
  ASSERT_TRUE(box.ok());
  EXPECT_TRUE(box->Contains({-15, 179}));
  EXPECT_TRUE(box->Contains({-15, -179}));
  EXPECT_FALSE(box->Contains({-15, 0}));
  EXPECT_EQ(box->description(),
            "the box between 20° south and 10° south, from 170° east to 170° west");
  EXPECT_FALSE(SearchArea::Parse("0,10,20,5").ok());
  EXPECT_FALSE(SearchArea::Parse("0,0,200,5").ok());
}

TEST(SearchArea, ReadsGeoJsonWithHolesAndAcrossTheAntimeridian) {
  const auto holed = SearchArea::FromGeoJson(R"({"type": "FeatureCollection", "features": [
      {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [
        [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]]}},
      {"type": "Feature", "properties": {}, "geometry": null}]})");
  ASSERT_TRUE(holed.ok());
  EXPECT_TRUE(holed->Contains({2, 2}));
  EXPECT_FALSE(holed->Contains({5, 5}));
  EXPECT_FALSE(holed->Contains({5, 11}));
  const auto fiji = SearchArea::FromGeoJson(
      R"({"type": "MultiPolygon", "coordinates":
         [[[[177, -19], [-178, -19], [-178, -16], [177, -16], [177, -19]]]]})");
  ASSERT_TRUE(fiji.ok());
  EXPECT_TRUE(fiji->Contains({-17, 179.5}));
  EXPECT_TRUE(fiji->Contains({-17, -179.5}));
  EXPECT_FALSE(fiji->Contains({-17, 0}));
}

TEST(SearchArea, SaysWhatIsWrong) {
  for (const char* bad :
       {"[]", "{}", R"({"type": "Point", "coordinates": [1, 2]})", "{\"type\": 3}",
        R"({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]})",
        R"({"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [0, 0], [1, 2]]]})",
        R"({"type": "Polygon", "coordinates": [[[0, 95], [1, 1], [0, 0], [1, 2]]]})",
        R"({"type": "Polygon", "coordinates": {"a": 1}})", R"({"type": "FeatureCollection"})"}) {
    EXPECT_FALSE(SearchArea::FromGeoJson(bad).ok()) << bad;
  }
  EXPECT_EQ(SearchArea::Parse("Atlantis").error().message,
            "search area 'Atlantis': expected a country's name or code, west,south,east,north in "
            "degrees, or a GeoJSON file");
}

TEST(SearchArea, WrongAreasHadWrongReasonsAndEmptyOnesNone) {
  const std::pair<const char*, const char*> cases[] = {
      {"nope.geojson", "there is no such file"},
      {"/dev/zero", "expected a regular file, found a device"},
      {"-200,0,10,10", "found a longitude beyond -180..180"},
      {"0,-95,10,10", "found a latitude beyond -90..90"},
      {"0,10,10,0", "found a south above the north"},
      {"0,0,0,0", "the box is empty"},
      {"5,0,5,1", "west and east are equal"},
  };
  for (const auto& [text, reason] : cases) {
    const auto area = SearchArea::Parse(text);
    ASSERT_FALSE(area.ok()) << text;
    EXPECT_NE(area.error().message.find(reason), std::string::npos) << area.error().message;
  }
  EXPECT_FALSE(SearchArea::FromGeoJson(
                   R"({"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]})")
                   .ok());
}

TEST(SearchArea, ReadsAFile) {
  const std::string path = testing::TempDir() + "/gre_search_area.geojson";
  ASSERT_TRUE(WriteFileAtomically(path, R"({"type": "Polygon", "coordinates":
      [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})")
                  .ok());
  const auto area = SearchArea::Parse(path);
  ASSERT_TRUE(area.ok());
  EXPECT_EQ(area->description(), "the area of gre_search_area");
  EXPECT_TRUE(area->Contains({0.5, 0.5}));
}

}  // namespace
}  // namespace gre
