#include "knowledge/gazetteer.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "core/strings.h"
#include "geo/sphere.h"
#include "knowledge/admin_match.h"
#include "knowledge/testing/places.h"

namespace gre {
namespace {

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

// A straight scan, with the metrics as the header defines them.
double SquaredDistance(const LatLng& a, const LatLng& b, Gazetteer::Metric metric) {
  if (metric == Gazetteer::Metric::kDegrees) {
    const double latitude = a.latitude_deg - b.latitude_deg;
    const double longitude = a.longitude_deg - b.longitude_deg;
    return latitude * latitude + longitude * longitude;
  }
  const Vector3 u = ToUnitVector(a);
  const Vector3 v = ToUnitVector(b);
  return (u.x - v.x) * (u.x - v.x) + (u.y - v.y) * (u.y - v.y) + (u.z - v.z) * (u.z - v.z);
}

TEST(Gazetteer, AgreesWithExhaustiveSearchInBothMetrics) {
  Random random(3);
  std::string csv = "lat,lon,name,admin1,admin2,cc\n";
  for (int i = 0; i < 700; ++i) {
    // Scattered, crowded around a point of the antimeridian, and some on top of each other.
    const bool crowded = i % 2 == 0;
    const double latitude_deg = crowded ? 10 + random.Normal() : random.Uniform(-90, 90);
    double longitude_deg = crowded ? 180 + random.Normal() : random.Uniform(-180, 180);
    longitude_deg -= longitude_deg > 180 ? 360 : 0;
    const int copies = i % 50 == 0 ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      csv += FormatFixed(latitude_deg, 5) + "," + FormatFixed(longitude_deg, 5) + ",p,,," +
             (i % 3 == 0 ? "AA" : "BB") + "\n";
    }
  }
  const auto gazetteer = Gazetteer::FromCsv(csv);
  ASSERT_TRUE(gazetteer.ok());
  ASSERT_EQ(gazetteer->size(), 714u);
  std::vector<LatLng> queries;
  for (int i = 0; i < 800; ++i) {
    queries.push_back(i % 3 == 0 ? LatLng{10 + random.Normal(), random.Uniform(178, 180)}
                                 : LatLng{random.Uniform(-90, 90), random.Uniform(-180, 180)});
    if (i % 10 == 0) queries.back() = gazetteer->PlaceAt(static_cast<uint32_t>(i) % 714).position;
  }
  queries.insert(queries.end(), {{90, 0}, {-90, 0}, {0, 180}, {0, -180}, {90, 180}, {-90, -180}});
  for (const auto metric : {Gazetteer::Metric::kSphere, Gazetteer::Metric::kDegrees}) {
    const auto all = gazetteer->NearestAll(queries, metric, 2);
    ASSERT_EQ(all.size(), queries.size());
    for (size_t i = 0; i < queries.size(); ++i) {
      uint32_t best = 0;
      uint32_t best_aa = Gazetteer::kNoPlace;
      for (uint32_t id = 0; id < gazetteer->size(); ++id) {
        const auto place = gazetteer->PlaceAt(id);
        const auto squared = [&](uint32_t other) {
          return SquaredDistance(queries[i], gazetteer->PlaceAt(other).position, metric);
        };
        const double mine = squared(id);
        best = mine < squared(best) ? id : best;
        if (place.country_code == "AA" &&
            (best_aa == Gazetteer::kNoPlace || mine < squared(best_aa))) {
          best_aa = id;
        }
      }
      ASSERT_EQ(all[i], best) << queries[i].latitude_deg << " " << queries[i].longitude_deg;
      if (metric == Gazetteer::Metric::kSphere) {
        ASSERT_EQ(gazetteer->Nearest(queries[i])->id, best);
        ASSERT_EQ(gazetteer->Nearest(queries[i], "AA")->id, best_aa);
      }
    }
  }
}

TEST(Gazetteer, MetricsDifferWhereDegreesAreNoDistances) {
  const auto gazetteer = Gazetteer::FromCsv(kPlaces);
  ASSERT_TRUE(gazetteer.ok());
  // reverse_geocoder does not see across the antimeridian.
  EXPECT_EQ(gazetteer->Nearest({-17, 179.95})->name, "Waiyevo");
  const std::vector<LatLng> point = {{-17, 179.95}};
  const auto nearest = gazetteer->NearestAll(point, Gazetteer::Metric::kDegrees);
  EXPECT_EQ(gazetteer->PlaceAt(nearest[0]).name, "Suva");
}

TEST(Gazetteer, FindsNamesInEitherSpelling) {
  const auto gazetteer = Gazetteer::FromCsv(
      "lat,lon,name,admin1,admin2,cc\n"
      "50.9,6.9,Koeln,North Rhine-Westphalia,Regierungsbezirk Koln,DE\n"
      "51.2,6.7,Dusseldorf,North Rhine-Westphalia,Regierungsbezirk Dusseldorf,DE\n"
      "33.6,-95.5,Paris,Texas,Lamar County,US\n"
      "48.8,2.3,Paris,Ile-de-France,Paris,FR\n"
      "45.5,-73.5,Saint-Jerome,Quebec,,CA\n"
      "51.9,7.6,Muenster,North Rhine-Westphalia,Regierungsbezirk Munster,DE\n"
      "52.9,10.0,Munster,Lower Saxony,,DE\n");
  ASSERT_TRUE(gazetteer.ok());
  const auto found = [&](std::string_view name, std::string_view code = {},
                         std::string_view region = {}) {
    std::vector<uint32_t> ids;
    for (const auto& place : gazetteer->FindByName(name, code, region)) ids.push_back(place.id);
    return ids;
  };
  using Ids = std::vector<uint32_t>;
  EXPECT_EQ(found("Köln"), Ids{0});
  EXPECT_EQ(found("koln"), Ids{0});
  EXPECT_EQ(found("Düsseldorf"), Ids{1});
  EXPECT_EQ(found("Duesseldorf"), Ids{1});
  EXPECT_EQ(found("PARIS"), (Ids{2, 3}));
  EXPECT_EQ(found("Paris", "FR"), Ids{3});
  EXPECT_EQ(found("Paris", {}, "texas"), Ids{2});
  EXPECT_EQ(found("Paris", {}, "lamar county"), Ids{2});
  EXPECT_EQ(found("Paris", "FR", "Texas"), Ids{});
  EXPECT_EQ(found("St. Jérôme"), Ids{4});
  EXPECT_EQ(found("Münster"), (Ids{5, 6}));
  EXPECT_EQ(found("Münster", "DE", "Nordrhein-Westfalen"), Ids{});
  EXPECT_EQ(found("Par"), Ids{});
  EXPECT_EQ(found(""), Ids{});
  EXPECT_EQ(found(std::string(1000, 'a')), Ids{});
}

TEST(AdminMatch, ComparesKeysAndMasksWhatTheTruthDoesNotName) {
  const AdminNames truth = {"FR", "Ile-de-France", "Paris", "Paris"};
  using Match = AdminMatch;
  EXPECT_EQ(MatchAdmin(truth, truth), (Match{true, true, true, true}));
  EXPECT_EQ(MatchAdmin({"FR", "Ile-de-France", "Essonne", "Paris"}, truth),
            (Match{true, true, false, false}));
  EXPECT_EQ(MatchAdmin({"US", "Ile-de-France", "Paris", "Paris"}, truth),
            (Match{false, false, false, false}));
  EXPECT_EQ(MatchAdmin({"FR", "", "", "Paris"}, truth), (Match{true, false, false, false}));
  EXPECT_EQ(MatchAdmin({}, truth), (Match{false, false, false, false}));
  EXPECT_EQ(MatchAdmin(truth, {"FR", "Ile-de-France", "", "Paris"}),
            (Match{true, true, std::nullopt, false}));
  EXPECT_EQ(MatchAdmin(truth, {}), (Match{}));
}

TEST(AdminMatch, NamesPointsByTheirNearestPlace) {
  const auto gazetteer = Gazetteer::FromCsv(kPlaces);
  ASSERT_TRUE(gazetteer.ok());
  const std::vector<LatLng> points = {{48.9, 2.4}, {-17, 179.95}};
  const auto names = AdminNamesOf(points, *gazetteer);
  EXPECT_EQ(names[0], (AdminNames{"FR", "Ile-de-France", "Paris", "Paris"}));
  EXPECT_EQ(names[1], (AdminNames{"FJ", "Central", "Rewa", "Suva"}));
  EXPECT_EQ(AdminNamesOf(points, *gazetteer, Gazetteer::Metric::kSphere)[1].city, "Waiyevo");
  EXPECT_EQ(AdminNamesOf(points, *Gazetteer::FromCsv("lat,lon,name,admin1,admin2,cc\n"))[0],
            AdminNames{});
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

}  // namespace
}  // namespace gre
