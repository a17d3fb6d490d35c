#include "reasoning/contradictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr LatLng kParis{48.8584, 2.2945};
constexpr LatLng kSydney{-33.8688, 151.2093};
constexpr LatLng kTokyo{35.6762, 139.6503};

std::vector<ContradictionKind> Kinds(std::string_view chain, const LatLng& point) {
  std::vector<ContradictionKind> kinds;
  for (const Contradiction& finding : FindContradictions(ParseChain(chain), point)) {
    EXPECT_FALSE(finding.message.empty());
    kinds.push_back(finding.kind);
  }
  return kinds;
}

TEST(Contradictions, AChainThatAgreesHasNone) {
  EXPECT_THAT(Kinds("1. [text/language] -> French => France or Belgium\n"
                    "2. [transport] cars -> drives on the right => Paris, France",
                    kParis),
              IsEmpty());
  EXPECT_THAT(Kinds("1. [attribute/hemisphere] -> southern hemisphere\n"
                    "2. [attribute/continent] -> Oceania\n"
                    "3. [attribute/driving_side] -> drives on the left\n"
                    "4. [attribute/script] -> Latin\n5. [attribute/language] -> English\n"
                    "6. [attribute/country] => Australia",
                    kSydney),
              IsEmpty());
}

TEST(Contradictions, AttributesAreComparedWithThePoint) {
  using enum ContradictionKind;
  EXPECT_THAT(Kinds("1. [attribute/hemisphere] -> southern hemisphere\n"
                    "2. [attribute/continent] -> South America\n"
                    "3. [attribute/driving_side] -> drives on the left\n"
                    "4. [attribute/script] -> Cyrillic\n5. [attribute/language] -> Portuguese\n"
                    "6. [attribute/country] => Brazil",
                    kParis),
              ElementsAre(kCountry, kHemisphere, kContinent, kDrivingSide, kScript, kLanguage));
}

TEST(Contradictions, OnlyTheLastCountryIsTheConclusion) {
  EXPECT_THAT(
      Kinds("1. [terrain] hills => Germany\n2. [text] => Paris, France\n3. [other] sky", kParis),
      IsEmpty());
  const auto findings =
      FindContradictions(ParseChain("1. [text] => France\n2. [terrain] hills => Germany"), kParis);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].step, 1u);
  EXPECT_EQ(findings[0].claimed, "Germany");
  EXPECT_EQ(findings[0].expected, "France");
}

TEST(Contradictions, AnExchangedPairIsSuspected) {
  using enum ContradictionKind;
  EXPECT_THAT(Kinds("1. [text] => Paris, France", {kParis.longitude_deg, kParis.latitude_deg}),
              ElementsAre(kCountry, kSwappedPair));
}

TEST(Contradictions, TheSeaContradictsCountriesOnly) {
  using enum ContradictionKind;
  EXPECT_THAT(Kinds("1. [transport] -> left-hand traffic => Japan", {0, -30}),
              ElementsAre(kCountry));
  EXPECT_THAT(Kinds("1. [transport] -> left-hand traffic => Japan", {35.55, 139.85}), IsEmpty())
      << "in Tokyo Bay";
}

TEST(Contradictions, ForeignWordsAndTwoSidesAreNoClaims) {
  EXPECT_THAT(Kinds("1. [text/language] A sign in English\n"
                    "2. [transport] drives on the left, not driving on the right => Tokyo, Japan",
                    kTokyo),
              IsEmpty());
}

TEST(CountriesNamedIn, FindsNamesAndNoOtherWords) {
  const auto names = [](std::string_view text) {
    std::vector<std::string> found;
    for (const Country* country : CountriesNamedIn(text)) found.push_back(country->code);
    return found;
  };
  EXPECT_THAT(names("In Côte d'Ivoire, the United States of America or Guinea-Bissau."),
              ElementsAre("CI", "US", "GW"));
  EXPECT_THAT(names("It is no turkey; as in US towns, or the USA"), ElementsAre("US"));
  EXPECT_THAT(names("South Korea, not North Korea"), ElementsAre("KR", "KP"));
  EXPECT_THAT(names(""), IsEmpty());
}

}  // namespace
}  // namespace gre
