#include "knowledge/place_namer.h"

#include <string>

#include <gtest/gtest.h>

#include "knowledge/testing/places.h"

namespace gre {
namespace {

TEST(PlaceNamer, NamesCountryRegionAndNearestPlaceOfTheSameCountry) {
  const PlaceNamer namer(Gazetteer::FromCsv(kPlaces).value());
  const Place paris = namer.NameOf({48.8566, 2.3522});
  EXPECT_EQ(paris.country_code, "FR");
  EXPECT_EQ(paris.country, "France");
  EXPECT_EQ(paris.region, "Ile-de-France");
  EXPECT_EQ(paris.nearest->name, "Paris");
  EXPECT_NEAR(paris.nearest->distance_km, 0.44, 0.05);
  EXPECT_FALSE(paris.is_ocean);
  // Annemasse is nearer, but in another country.
  EXPECT_EQ(namer.NameOf({46.2, 6.2}).nearest->name, "Geneve");
  const Place crimea = namer.NameOf({44.9572, 34.11});
  EXPECT_EQ(crimea.country_code, "UA");
  EXPECT_EQ(crimea.dispute->other_claimants, std::vector<std::string>{"RU"});
}

TEST(PlaceNamer, NamesTheOceanAndCoastalWaters) {
  const PlaceNamer namer(Gazetteer::FromCsv(kPlaces).value());
  const Place atlantic = namer.NameOf({35, -40});
  EXPECT_TRUE(atlantic.is_ocean);
  EXPECT_EQ(atlantic.country_code, "");
  EXPECT_EQ(atlantic.nearest_land, "Portugal");
  EXPECT_GT(atlantic.land_distance_km, 800);
  ASSERT_TRUE(atlantic.nearest);
  const Place coast = namer.NameOf({50.75, -0.2});  // 8 km off Brighton
  EXPECT_TRUE(coast.is_ocean);
  EXPECT_EQ(coast.country_code, "GB");
}

TEST(PlaceNamer, StillNamesTheCountryWithoutPlaces) {
  const PlaceNamer namer = PlaceNamer::Open("/nonexistent");
  EXPECT_EQ(namer.gazetteer(), nullptr);
  EXPECT_NE(namer.missing_reason().find("fetch_geodata.sh"), std::string::npos);
  const Place tokyo = namer.NameOf({35.68, 139.76});
  EXPECT_EQ(tokyo.country, "Japan");
  EXPECT_FALSE(tokyo.nearest);
  EXPECT_EQ(tokyo.region, "");
}

}  // namespace
}  // namespace gre
