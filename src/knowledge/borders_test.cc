#include "knowledge/borders.h"

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"
#include "knowledge/border_table.h"
#include "knowledge/country_facts.h"
#include "knowledge/embedded_data.h"

namespace gre {
namespace {

std::string CodeAt(double latitude_deg, double longitude_deg) {
  const auto area = LandAreaAt({latitude_deg, longitude_deg});
  return area ? area->country_code : "sea";
}

TEST(LandAreaAt, KnowsCountriesEnclavesAndOverseasTerritories) {
  const std::map<std::string, LatLng> places = {
      {"FR", {48.8566, 2.3522}}, {"JP", {35.6812, 139.7671}}, {"LS", {-29.6, 28.2}},
      {"ZA", {-26.2, 28.05}},    {"SM", {43.936, 12.447}},    {"VA", {41.9035, 12.4535}},
      {"RE", {-21.13, 55.53}},   {"GF", {4.92, -52.3}},       {"SJ", {78.22, 15.63}},
      {"US", {61.2, -149.9}},    {"PR", {18.4, -66.1}},       {"GL", {72.0, -40.0}},
      {"IM", {54.2, -4.5}},      {"HK", {22.38, 114.13}},     {"TW", {25.03, 121.56}},
      {"XK", {42.66, 21.16}},    {"NZ", {-41.29, 174.78}},    {"BQ", {12.17, -68.28}},
      {"FJ", {-17.8, 178.0}},    {"AQ", {-77.85, 166.67}},    {"KI", {1.87, -157.4}},
      {"RU", {59.93, 30.33}},    {"UY", {-34.9, -56.18}},     {"CX", {-10.48, 105.63}}};
  for (const auto& [code, point] : places) {
    EXPECT_EQ(CodeAt(point.latitude_deg, point.longitude_deg), code);
  }
}

TEST(LandAreaAt, KnowsTheSeaThePolesAndTheAntimeridian) {
  EXPECT_EQ(CodeAt(0, -30), "sea");
  EXPECT_EQ(CodeAt(90, 0), "sea");
  EXPECT_EQ(CodeAt(90, 180), "sea");
  for (const double longitude_deg : {-180.0, -90.0, 0.0, 123.4, 180.0}) {
    EXPECT_EQ(CodeAt(-90, longitude_deg), "AQ");
  }
  // Chukotka lies on both sides of the antimeridian.
  for (const double longitude_deg : {-180.0, -179.999, -175.0, 175.0, 179.999, 180.0}) {
    EXPECT_EQ(CodeAt(67, longitude_deg), "RU") << longitude_deg;
  }
}

TEST(LandAreaAt, NamesDisputesAndTheirClaimants) {
  const auto crimea = LandAreaAt({44.95, 34.1});
  ASSERT_TRUE(crimea && crimea->dispute);
  EXPECT_EQ(crimea->country_code, "UA");
  EXPECT_EQ(crimea->dispute->area, "Crimea");
  EXPECT_EQ(crimea->dispute->other_claimants, std::vector<std::string>{"RU"});

  const auto falklands = LandAreaAt({-51.7, -57.85});
  ASSERT_TRUE(falklands && falklands->dispute);
  EXPECT_EQ(falklands->country_code, "FK");
  EXPECT_EQ(falklands->dispute->other_claimants, std::vector<std::string>{"AR"});

  const auto western_sahara = LandAreaAt({24.5, -13.5});
  ASSERT_TRUE(western_sahara && western_sahara->dispute);
  EXPECT_EQ(western_sahara->country_code, "EH");

  const auto north_cyprus = LandAreaAt({35.33, 33.32});
  ASSERT_TRUE(north_cyprus && north_cyprus->dispute);
  EXPECT_EQ(north_cyprus->country_code, "CY");
  EXPECT_EQ(north_cyprus->dispute->area, "Northern Cyprus");

  const auto bir_tawil = LandAreaAt({21.87, 33.75});
  ASSERT_TRUE(bir_tawil && bir_tawil->dispute);
  EXPECT_EQ(bir_tawil->country_code, "");

  EXPECT_FALSE(LandAreaAt({50.45, 30.52})->dispute);  // Kyiv
}

TEST(NearestLandTo, MeasuresToTheNearestCoast) {
  EXPECT_EQ(NearestLandTo({48.8566, 2.3522}).distance_km, 0);
  const NearestLand channel = NearestLandTo({50.6, -0.2});  // 24 km south of Brighton
  EXPECT_EQ(channel.area.country_code, "GB");
  EXPECT_NEAR(channel.distance_km, 24, 3);
  // Point Nemo, by definition as far from land as one can be: about 2,690 km from Ducie Island,
  // Motu Nui and Maher Island.
  EXPECT_NEAR(NearestLandTo({-48.8767, -123.3933}).distance_km, 2690, 25);
  // Wrangel and the Aleutians are near across the antimeridian.
  EXPECT_EQ(NearestLandTo({51.9, -179.99}).area.country_code, "US");
  EXPECT_LT(NearestLandTo({71.0, -179.99}).distance_km, 30);
  EXPECT_NEAR(NearestLandTo({90, 0}).distance_km, 706, 15);  // Kaffeklubben Island
}

TEST(NearestLandTo, NeverExceedsTheDistanceToAnyKnownLand) {
  Random random(7);
  const std::vector<LatLng> land = {{-51.7, -57.85}, {72.0, -40.0}, {21.3, -157.85},
                                    {-37.1, -12.3},  {52.0, 177.5}, {-77.85, 166.67}};
  for (int i = 0; i < 100; ++i) {
    const LatLng point = {random.Uniform(-90, 90), random.Uniform(-180, 180)};
    const NearestLand nearest = NearestLandTo(point);
    EXPECT_EQ(nearest.distance_km == 0, LandAreaAt(point).has_value());
    for (const LatLng& place : land) {
      EXPECT_LE(nearest.distance_km, GeodesicDistanceKm(point, place) + 1);
    }
  }
}

// The short way agrees with the long one, on land, on the shore and far out.
TEST(CountryCodeWithin, IsTheNearestLandUpToTheDistance) {
  Random random(13);
  constexpr double kMaxKm = 22.224;
  int shore = 0;
  for (int i = 0; i < 1500; ++i) {
    // Half of them in the Aegean, where every point is near some coast.
    const LatLng point = i % 2 == 0 ? LatLng{random.Uniform(35, 41), random.Uniform(22, 29)}
                                    : LatLng{random.Uniform(-90, 90), random.Uniform(-180, 180)};
    const NearestLand nearest = NearestLandTo(point);
    const bool is_near = nearest.distance_km <= kMaxKm;
    shore += is_near && nearest.distance_km > 0 ? 1 : 0;
    EXPECT_EQ(CountryCodeWithin(point, kMaxKm), is_near ? nearest.area.country_code : "")
        << point.latitude_deg << " " << point.longitude_deg;
  }
  EXPECT_GT(shore, 100);
}

TEST(CountryContains, AgreesWithLandAreaAt) {
  Random random(11);
  for (int i = 0; i < 2000; ++i) {
    const LatLng point = {std::asin(random.Uniform(-1, 1)) * 57.29578, random.Uniform(-180, 180)};
    if (const auto area = LandAreaAt(point)) {
      EXPECT_TRUE(CountryContains(area->country_code, point));
      EXPECT_TRUE(area->country_code.empty() || FindCountry(area->country_code) != nullptr);
    } else {
      EXPECT_FALSE(CountryContains("RU", point));
    }
  }
}

TEST(ExtentOfCountry, AreasAndMiddlesOfTheAtlases) {
  struct Known {
    const char* code;
    double area_km2;  // land and lakes, CIA World Factbook
    LatLng middle;    // of the area, Natural Earth's polygons in an equal-area projection
    double within_km;
  };
  // The vector sum falls short of the area where a country spans much of the globe.
  for (const Known& known :
       {Known{"DE", 357e3, {51.1, 10.4}, 30}, Known{"BR", 8.51e6, {-10.8, -53.1}, 60},
        Known{"LS", 30.4e3, {-29.6, 28.2}, 20}, Known{"FJ", 18.3e3, {-17.4, 178.6}, 120},
        Known{"AU", 7.74e6, {-25.7, 134.5}, 80}}) {
    const auto extent = ExtentOfCountry(known.code);
    ASSERT_TRUE(extent) << known.code;
    EXPECT_NEAR(extent->area_km2 / known.area_km2, 1, 0.05) << known.code;
    EXPECT_LT(GeodesicDistanceKm(extent->centroid, known.middle), known.within_km)
        << known.code << " " << extent->centroid.latitude_deg << ", "
        << extent->centroid.longitude_deg;
  }
  // Its enclave Lesotho is a hole.
  EXPECT_NEAR(ExtentOfCountry("ZA")->area_km2, 1.22e6, 4e4);
  EXPECT_FALSE(ExtentOfCountry("XX"));
}

TEST(WorldOutline, IsDrawableEverywhere) {
  ASSERT_GT(WorldOutline().size(), 100u);
  ASSERT_GT(WorldBorders().size(), 100u);
  for (const Polyline& line : WorldOutline()) {
    ASSERT_GE(line.size(), 2u);
    for (size_t i = 1; i < line.size(); ++i) {
      EXPECT_LT(std::abs(line[i].longitude_deg - line[i - 1].longitude_deg), 180);
      EXPECT_TRUE(LatLng::FromDegrees(line[i].latitude_deg, line[i].longitude_deg));
    }
  }
}

TEST(BorderTable, RefusesDamagedBytesAndNeverReadsBeyondThem) {
  const auto good = BorderBytes();
  std::vector<std::byte> bytes(good.begin(), good.end());
  for (const size_t size : {size_t{0}, size_t{15}, size_t{1000}, bytes.size() - 1}) {
    EXPECT_FALSE(BorderTable::Decode({bytes.data(), size}).ok()) << size;
  }
  bytes[3] = std::byte{'x'};
  EXPECT_EQ(BorderTable::Decode(bytes).error().message, "border table: no GREBORD1 mark");
}

}  // namespace
}  // namespace gre
