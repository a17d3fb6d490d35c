#include "knowledge/place_namer.h"

#include <cmath>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

constexpr char kPlaces[] =
    "lat,lon,name,admin1,admin2,cc\n"
    "48.85341,2.3488,Paris,Ile-de-France,Paris,FR\n"
    "46.20222,6.14569,Geneve,Geneva,Geneve,CH\n"
    "46.19439,6.23775,Annemasse,Rhone-Alpes,Haute-Savoie,FR\r\n"
    "-16.7987,-179.9934,Waiyevo,Northern,,FJ\n"
    "-18.14161,178.44149,Suva,Central,Rewa,FJ\n"
    "38.89511,-77.03637,\"Washington, D.C.\",\"Washington, \"\"D.C.\"\"\",,US\n"
    "10,10,,,,FR\n"
    "44.95719,34.11079,Simferopol',Crimea,,UA\n";

TEST(Gazetteer, FindsTheNearestAlsoAcrossTheAntimeridian) {
  const auto gazetteer = Gazetteer::FromCsv(kPlaces);
  ASSERT_TRUE(gazetteer.ok());
  EXPECT_EQ(gazetteer->size(), 7u);
  EXPECT_EQ(gazetteer->Nearest({-16.8, 179.9})->name, "Waiyevo");
  EXPECT_EQ(gazetteer->Nearest({46.2, 6.21})->name, "Annemasse");
  EXPECT_EQ(gazetteer->Nearest({46.2, 6.21}, "CH")->name, "Geneve");
  EXPECT_EQ(gazetteer->Nearest({40, -76})->name, "Washington, D.C.");
  EXPECT_EQ(gazetteer->Nearest({40, -76})->region, "Washington, \"D.C.\"");
  EXPECT_FALSE(gazetteer->Nearest({0, 0}, "ZZ"));
  EXPECT_EQ(gazetteer->PlacesIn("FR").size(), 2u);
}

TEST(Gazetteer, AgreesWithExhaustiveSearch) {
  Random random(3);
  std::string csv = "lat,lon,name,admin1,admin2,cc\n";
  std::vector<LatLng> points;
  for (int i = 0; i < 500; ++i) {
    const LatLng point = {std::round(random.Uniform(-90, 90) * 1e5) / 1e5,
                          std::round(random.Uniform(-180, 180) * 1e5) / 1e5};
    points.push_back(point);
    csv += std::to_string(point.latitude_deg) + "," + std::to_string(point.longitude_deg) + ",p" +
           std::to_string(i) + ",,," + (i % 2 == 0 ? "AA" : "BB") + "\n";
  }
  const auto gazetteer = Gazetteer::FromCsv(csv);
  ASSERT_TRUE(gazetteer.ok());
  for (int i = 0; i < 300; ++i) {
    const LatLng query = {random.Uniform(-90, 90), random.Uniform(-180, 180)};
    double best_km = 1e9;
    double best_aa_km = 1e9;
    for (size_t k = 0; k < points.size(); ++k) {
      const double km = HaversineDistanceKm(query, points[k]);
      best_km = std::min(best_km, km);
      best_aa_km = k % 2 == 0 ? std::min(best_aa_km, km) : best_aa_km;
    }
    EXPECT_NEAR(HaversineDistanceKm(query, gazetteer->Nearest(query)->position), best_km, 0.01);
    EXPECT_NEAR(HaversineDistanceKm(query, gazetteer->Nearest(query, "AA")->position), best_aa_km,
                0.01);
  }
}

TEST(Gazetteer, NamesTheLineItCannotRead) {
  EXPECT_EQ(Gazetteer::FromCsv("a,b\n").error().message,
            "places table: line 1: expected 'lat,lon,name,admin1,admin2,cc'");
  for (const std::string bad : {"1,2,x,,", "1,200,x,,,FR", "1,2,\"x,,,FR", "1,2,x,,,FRA"}) {
    EXPECT_TRUE(Gazetteer::FromCsv("lat,lon,name,admin1,admin2,cc\n" + bad + "\n")
                    .error()
                    .message.starts_with("places table: line 2:"));
  }
  EXPECT_FALSE(Gazetteer::FromCsv("lat,lon,name,admin1,admin2,cc\n")->Nearest({0, 0}));
}

TEST(Gazetteer, KeepsAnIndexAndRebuildsADamagedOrStaleOne) {
  const std::string folder = testing::TempDir() + "/gre_gazetteer_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto missing = Gazetteer::Open(folder);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kUnavailable);

  ASSERT_TRUE(WriteFileAtomically(folder + "/places.csv", kPlaces).ok());
  ASSERT_EQ(Gazetteer::Open(folder)->size(), 7u);
  const auto index = ReadFile(folder + "/places.bin");
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(Gazetteer::Open(folder)->Nearest({48, 2})->name, "Paris");

  for (const size_t size : {size_t{0}, size_t{20}, index->size() - 1}) {
    ASSERT_TRUE(WriteFileAtomically(folder + "/places.bin", index->substr(0, size)).ok());
    EXPECT_EQ(Gazetteer::Open(folder)->Nearest({48, 2})->name, "Paris");
  }
  ASSERT_TRUE(
      WriteFileAtomically(folder + "/places.csv", "lat,lon,name,admin1,admin2,cc\n1,2,Other,,,FR\n")
          .ok());
  EXPECT_EQ(Gazetteer::Open(folder)->Nearest({48, 2})->name, "Other");
  std::filesystem::remove_all(folder);
}

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
