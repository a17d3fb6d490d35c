#include "knowledge/country_facts.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(CountryFacts, KnowsEveryIsoCodeOnceInOrder) {
  const auto all = AllCountries();
  EXPECT_EQ(all.size(), 250u);  // 249 of ISO 3166-1 and Kosovo
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Country::code));
  std::set<std::string> continents;
  for (const Country& country : all) {
    EXPECT_EQ(FindCountry(country.code), &country);
    EXPECT_EQ(FindCountryByName(country.name), &country) << country.name;
    EXPECT_FALSE(country.subregion.empty()) << country.code;
    continents.insert(country.continent);
  }
  EXPECT_EQ(continents.size(), 7u);
}

TEST(CountryFacts, FindsTheNamesOfPhotoLabelsHoweverWritten) {
  const std::pair<const char*, const char*> names[] = {{"UK", "GB"},
                                                       {"USA", "US"},
                                                       {"Turkey", "TR"},
                                                       {"Reunion", "RE"},
                                                       {"RÉUNION", "RE"},
                                                       {"Dubai", "AE"},
                                                       {"Czech Republic", "CZ"},
                                                       {"cote d'ivoire", "CI"},
                                                       {"Cote d’Ivoire", "CI"},
                                                       {"The Netherlands", "NL"},
                                                       {"St. Lucia", "LC"},
                                                       {"Trinidad and Tobago", "TT"},
                                                       {"日本", "JP"},
                                                       {"deutschland", "DE"},
                                                       {"kor", "KR"},
                                                       {"United Republic of Tanzania", "TZ"},
                                                       {"South Korea", "KR"},
                                                       {"Isle of Man", "IM"}};
  for (const auto& [name, code] : names) {
    const Country* country = FindCountryByName(name);
    ASSERT_NE(country, nullptr) << name;
    EXPECT_EQ(country->code, code) << name;
  }
  EXPECT_EQ(FindCountryByName("Land"), nullptr);
  EXPECT_EQ(FindCountryByName(""), nullptr);
  EXPECT_EQ(FindCountryByName("\xff\xfe"), nullptr);
  EXPECT_EQ(FindCountry("zz"), nullptr);
}

TEST(CountryFacts, StatesWhatHolds) {
  const Country* japan = FindCountry("jp");
  ASSERT_NE(japan, nullptr);
  EXPECT_EQ(japan->driving_side, DrivingSide::kLeft);
  EXPECT_EQ(japan->scripts, std::vector<std::string>{"Japanese"});
  EXPECT_EQ(japan->subregion, "Eastern Asia");
  EXPECT_EQ(japan->capital, "Tokyo");
  EXPECT_EQ(FindCountry("GB")->driving_side, DrivingSide::kLeft);
  EXPECT_EQ(FindCountry("US")->driving_side, DrivingSide::kRight);
  EXPECT_EQ(FindCountry("VI")->driving_side, DrivingSide::kLeft);
  EXPECT_EQ(FindCountry("CL")->continent, "South America");
  EXPECT_EQ(FindCountry("MX")->continent, "North America");
  EXPECT_EQ(FindCountry("IN")->scripts.front(), "Devanagari");
  EXPECT_EQ(FindCountry("CH")->languages.front(), "German");
}

}  // namespace
}  // namespace gre
