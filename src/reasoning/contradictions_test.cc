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

TEST(Contradictions, APointNearALineBelongsToBothSides) {
  using enum ContradictionKind;
  // Strasbourg and Kehl: two kilometres apart.
  EXPECT_THAT(Kinds("1. [attribute/language] -> German => Kehl, Germany", {48.58, 7.78}),
              IsEmpty());
  EXPECT_THAT(Kinds("1. [text] => Kehl, Germany", {48.58, 7.2}), ElementsAre(kCountry));
  // Hong Kong keeps left, Shenzhen right.
  EXPECT_THAT(Kinds("1. [attribute/driving_side] -> drives on the left", {22.55, 114.1}),
              IsEmpty());
  // Quito lies 20 km south of the equator, Nairobi 140 km.
  EXPECT_THAT(Kinds("1. [attribute/hemisphere] -> northern hemisphere", {-0.18, -78.47}),
              IsEmpty());
  EXPECT_THAT(Kinds("1. [attribute/hemisphere] -> northern hemisphere", {-1.29, 36.82}),
              ElementsAre(kHemisphere));
  EXPECT_THAT(Kinds("1. [attribute/hemisphere] -> western hemisphere", {51.48, 0.1}), IsEmpty());
}

TEST(Contradictions, ClimatesOfAnotherMainClass) {
  using enum ContradictionKind;
  EXPECT_THAT(Kinds("1. [attribute/climate] -> tropical rainforest", kParis),
              ElementsAre(kClimate));
  EXPECT_THAT(Kinds("1. [attribute/climate] -> temperate oceanic", kParis), IsEmpty());
  EXPECT_THAT(Kinds("1. [terrain/climate] a mild, temperate winter", kParis), IsEmpty());
  EXPECT_THAT(Kinds("1. [attribute/climate] -> humid subtropical", kTokyo), IsEmpty());
  EXPECT_THAT(Kinds("1. [attribute/climate] -> none", kTokyo), IsEmpty());
}

}  // namespace
}  // namespace gre
