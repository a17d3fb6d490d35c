#include "knowledge/climate.h"

#include <gtest/gtest.h>

namespace gre {
namespace {

std::string_view ZoneCode(double latitude_deg, double longitude_deg) {
  const auto zone = ClimateZoneAt({latitude_deg, longitude_deg});
  return zone ? zone->code : "none";
}

TEST(ClimateZoneAt, NamesKnownPlaces) {
  EXPECT_EQ(ZoneCode(1.35, 103.82), "Af");   // Singapore
  EXPECT_EQ(ZoneCode(30.0, 10.0), "BWh");    // Sahara
  EXPECT_EQ(ZoneCode(51.5, -0.1), "Cfb");    // London
  EXPECT_EQ(ZoneCode(37.4, -6.0), "Csa");    // Seville
  EXPECT_EQ(ZoneCode(55.75, 37.6), "Dfb");   // Moscow
  EXPECT_EQ(ZoneCode(67.55, 133.4), "Dfd");  // Verkhoyansk
  EXPECT_EQ(ZoneCode(72.0, -40.0), "EF");    // Greenland's ice
  EXPECT_EQ(ZoneCode(-41.3, 174.8), "Cfb");  // Wellington
}

TEST(ClimateZoneAt, IsNothingOnTheOceanAndDefinedEverywhereElse) {
  EXPECT_EQ(ZoneCode(0, -30), "none");
  EXPECT_EQ(ZoneCode(40, 180), "none");
  EXPECT_EQ(ZoneCode(-90, 0), "EF");
  EXPECT_EQ(ZoneCode(-90, 180), "EF");
  EXPECT_EQ(ZoneCode(90, -180), "none");
  EXPECT_EQ(ZoneCode(66.5, 180), ZoneCode(66.5, -180));
  EXPECT_EQ(ClimateZoneAt({51.5, -0.1})->description, "temperate oceanic");
}

}  // namespace
}  // namespace gre
