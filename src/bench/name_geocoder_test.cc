#include "bench/name_geocoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/predictions_file.h"
#include "core/file.h"
#include "geo/geodesic.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using Level = NameGeocoder::Level;

constexpr std::string_view kPlaces =
    "lat,lon,name,admin1,admin2,cc\n"
    "42.73,-84.48,East Lansing,Michigan,Ingham County,US\n"
    "42.28,-83.74,Ann Arbor,Michigan,Washtenaw County,US\n"
    "39.80,-89.64,Springfield,Illinois,Sangamon County,US\n"
    "42.10,-72.59,Springfield,Massachusetts,Hampden County,US\n"
    "40.71,-74.01,New York City,New York,,US\n"
    "35.02,135.75,Kyoto,Kyoto,,JP\n"
    "35.01,135.76,Kyoto,Kyoto,,JP\n"
    "34.69,135.50,Osaka-shi,Osaka,,JP\n"
    "55.95,-3.20,Edinburgh,Scotland,,GB\n"
    "51.51,-0.13,London,England,,GB\n";

class Names : public ::testing::Test {
 protected:
  Gazetteer gazetteer_ = *Gazetteer::FromCsv(kPlaces);
  NameGeocoder geocoder_{gazetteer_};

  NameGeocoder::Found Find(const AnsweredName& name) { return geocoder_.Find(name); }
};

std::string Shown(const AnsweredName& name) {
  return name.city + "|" + name.region + "|" + name.country;
}

TEST(AnsweredName, FieldsOfAReply) {
  EXPECT_EQ(Shown(ReadAnsweredName("```json\n{\"address\": {\"street\": \"x\", \"city\" : \"East "
                                   "Lansing\", \"state\": \"MI\", \"country\": \"USA\"}}\n```")),
            "East Lansing|MI|USA");
  EXPECT_EQ(
      Shown(ReadAnsweredName(R"({"city": "Unknown city", "state": "N/A", "country": "USA"})")),
      "||USA");
  EXPECT_EQ(Shown(ReadAnsweredName(R"x({"city": "Malm\u00f6 (centre)", "country": null})x")),
            "Malmö||");
  // The last of each: a draft in the reasoning does not count.
  EXPECT_EQ(Shown(ReadAnsweredName(R"x({"country":"Chile"} then {"country":"Peru"})x")), "||Peru");
  // Cut in a value, or with quotes inside.
  EXPECT_EQ(Shown(ReadAnsweredName(R"x({"city": "a\"b", "country": "Fra)x")), "a\"b||");
}

TEST(AnsweredName, PlainText) {
  EXPECT_EQ(Shown(ReadAnsweredName("<think>\"Rome, Italy\"?</think><answer>Kyoto, Japan</answer>")),
            "Kyoto||Japan");
  EXPECT_EQ(Shown(ReadAnsweredName("It looks like this:\nAnn Arbor, Michigan, USA.\n")),
            "Ann Arbor|Michigan|USA");
  EXPECT_EQ(Shown(SplitName("1 Main St, Downtown, Ann Arbor, MI, USA")), "Ann Arbor|MI|USA");
  EXPECT_EQ(Shown(SplitName("Kenya")), "||Kenya");
  EXPECT_EQ(Shown(SplitName("Nairobi")), "Nairobi||");
  EXPECT_EQ(Shown(SplitName(" , unknown,?")), "||");
  EXPECT_TRUE(SplitName("").empty());
}

TEST_F(Names, CitiesRegionsAndCountries) {
  const auto city = Find({"east lansing", "MI", "USA"});
  EXPECT_EQ(city.level, Level::kCity);
  EXPECT_LT(GeodesicDistanceKm(*city.point, {42.73, -84.48}), 0.001);
  EXPECT_EQ(Find({"New York", "NY", "United States"}).level, Level::kCity);
  // Two entries of one city: between them.
  EXPECT_LT(
      GeodesicDistanceKm(*Find({"Kyoto", "Kyoto Prefecture", "Japan"}).point, {35.015, 135.755}),
      1);
  const auto region = Find({"", "Michigan", "US"});
  EXPECT_EQ(region.level, Level::kRegion);
  EXPECT_FALSE(region.coarser);
  EXPECT_LT(GeodesicDistanceKm(*region.point, {42.505, -84.11}), 2);
  const auto country = Find({"", "", "France"});
  EXPECT_EQ(country.level, Level::kCountry);
  EXPECT_LT(GeodesicDistanceKm(*country.point, {46.6, 2.5}), 60);
  EXPECT_EQ(Find({"Edinburgh", "", "Scotland"}).level, Level::kCity);
  EXPECT_EQ(Find({"Osaka", "Osaka", "Japan"}).level, Level::kCity);
  EXPECT_EQ(Find({"Fushimi Ward, Kyoto", "", "Japan"}).level, Level::kCity);
}

TEST_F(Names, WhatIsNotInTheTableFallsBackAndIsCounted) {
  const auto village = Find({"Nowhere", "Michigan", "USA"});
  EXPECT_EQ(village.level, Level::kRegion);
  EXPECT_TRUE(village.coarser);
  EXPECT_EQ(Find({"Nowhere", "", "France"}).level, Level::kCountry);
  EXPECT_EQ(Find({"Springfield", "", "USA"}).reason, "'Springfield' stands for 2 places far apart");
  EXPECT_EQ(Find({"Springfield", "IL", "USA"}).level, Level::kCity);
  EXPECT_EQ(Find({"x", "", "Atlantis"}).reason, "the country 'Atlantis' is not known");
  EXPECT_EQ(Find({"Nowhere", "", ""}).reason, "no place of the table is named 'Nowhere'");
  EXPECT_EQ(Find({}).reason, "no place is named");
  EXPECT_EQ(geocoder_.counts().cities, 1u);
  EXPECT_EQ(geocoder_.counts().coarser, 2u);
  EXPECT_EQ(geocoder_.counts().unresolved, 4u);
}

TEST_F(Names, PredictionsOfEveryForm) {
  const gre::testing::TemporaryFolder folder;
  const auto read = [&](const std::string& name, std::string_view content,
                        PredictionFields fields = {}) {
    EXPECT_TRUE(WriteFileAtomically(folder / name, content).ok());
    auto file = ReadPredictions(folder / name, {.fields = std::move(fields), .names = &gazetteer_});
    EXPECT_TRUE(file.ok()) << file.error().message;
    return std::move(file->predictions);
  };
  // Coordinates beside names are not looked at.
  for (const auto& predictions :
       {read("a.csv",
             "id,city,state,country,lat,lon\na,London,,UK,1,2\nb,,,,1,2\nc,x,,Atlantis,1,2\n"),
        read("b.csv",
             "id,where,lat,lon\na,\"London, UK\",1,2\nb,unknown,1,2\nc,\"x, Atlantis\",1,2\n",
             {.name = "where"}),
        read("c.jsonl",
             "{\"id\":\"a\",\"response\":\"{\\\"city\\\":\\\"London\\\",\\\"country\\\":\\\"UK\\\","
             "\\\"latitude\\\":1,"
             "\\\"longitude\\\":2}\"}\n"
             "{\"id\":\"b\",\"response\":\"{\\\"city\\\":\\\"\\\"}\"}\n"
             "{\"id\":\"c\",\"response\":\"x, Atlantis\"}\n")}) {
    ASSERT_EQ(predictions.size(), 3u);
    ASSERT_TRUE(predictions[0].point);
    EXPECT_LT(GeodesicDistanceKm(*predictions[0].point, {51.51, -0.13}), 0.001);
    EXPECT_EQ(predictions[1].outcome, Outcome::kRefused);
    EXPECT_EQ(predictions[2].outcome, Outcome::kUnparsed);
    EXPECT_EQ(predictions[2].reason, "the country 'Atlantis' is not known");
  }
  const auto none = read("d.jsonl", "{\"id\":\"a\",\"response\":null,\"error\":\"timeout\"}\n");
  EXPECT_EQ(none[0].outcome, Outcome::kEngineError);
  EXPECT_EQ(none[0].reason, "timeout");
}

}  // namespace
}  // namespace gre
