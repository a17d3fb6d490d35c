// Each detector speaks up on the defect that it is for and is silent on clean answers.
#include "bench/detectors.h"

#include <cmath>
#include <functional>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  std::vector<TruthRecord> truth;
  std::vector<Prediction> predictions;
  Matching matching;
};

// Land between the tropics and the polar circles, far enough from the axes for every sign to
// matter.
LatLng RandomPlace(Random& random) {
  for (;;) {
    const LatLng point = {random.Uniform(-60, 60), random.Uniform(-180, 180)};
    if (std::abs(point.latitude_deg) > 15 && LandAreaAt(point)) return point;
  }
}

// Answers some kilometres beside the truth, some on another continent, as `write` puts them down.
Case MakeCase(size_t records,
              const std::function<std::optional<LatLng>(const LatLng&)>& write = {}) {
  Case made;
  Random random(3);
  for (size_t i = 0; i < records; ++i) {
    const LatLng truth = RandomPlace(random);
    const LatLng answer = i % 5 == 4 ? RandomPlace(random)
                                     : GeodesicDestination(truth, random.Uniform(0, 360),
                                                           std::exp(random.Uniform(-2, 4)));
    const std::string id = std::to_string(i);
    made.truth.push_back({.id = id, .point = truth});
    Prediction prediction = {.id = id, .outcome = Outcome::kParsed};
    prediction.point = write ? write(answer) : answer;
    if (!prediction.point) {
      prediction.outcome = Outcome::kUnparsed;
      prediction.swap_suspected = true;
    }
    made.predictions.push_back(std::move(prediction));
    made.matching.pairs.push_back({i, i});
  }
  return made;
}

std::vector<BenchWarning> Detect(const Case& made) {
  return DetectProblems(made.truth, made.predictions, made.matching);
}

std::vector<std::string> Kinds(const std::vector<BenchWarning>& warnings) {
  std::vector<std::string> kinds;
  for (const BenchWarning& warning : warnings) kinds.push_back(warning.kind);
  return kinds;
}

TEST(DetectProblems, CleanAnswersAreSilent) {
  for (const size_t records : {0u, 1u, 4u, 50u, 500u}) {
    EXPECT_THAT(Kinds(Detect(MakeCase(records))), IsEmpty()) << records;
  }
}

TEST(DetectProblems, ExchangedCoordinatesAlsoWhereTheyAreImpossible) {
  const auto warnings = Detect(MakeCase(200, [](const LatLng& at) {
    return LatLng::FromDegrees(at.longitude_deg, at.latitude_deg);
  }));
  ASSERT_THAT(Kinds(warnings), ElementsAre("swapped"));
  EXPECT_GT(warnings[0].records, 120u);
  EXPECT_THAT(warnings[0].message, HasSubstr("from impossible to possible values"));
  EXPECT_THAT(warnings[0].message, HasSubstr("the median distance falls from"));

  // Only a few of many: the median says nothing, the records do.
  Case few = MakeCase(200);
  for (size_t i = 0; i < 40; ++i) {
    Prediction& prediction = few.predictions[i];
    prediction.point =
        LatLng::FromDegrees(prediction.point->longitude_deg, prediction.point->latitude_deg);
    prediction.swap_suspected = !prediction.point;
  }
  const auto some = Detect(few);
  ASSERT_THAT(Kinds(some), ElementsAre("swapped"));
  EXPECT_GT(some[0].records, 20u);
  EXPECT_LE(some[0].records, 40u);
  EXPECT_THAT(some[0].message, testing::Not(HasSubstr("median")));
}

TEST(DetectProblems, TurnedSigns) {
  const auto latitude = Detect(MakeCase(100, [](const LatLng& at) {
    return LatLng{-at.latitude_deg, at.longitude_deg};
  }));
  ASSERT_THAT(Kinds(latitude), ElementsAre("sign_flipped"));
  EXPECT_THAT(latitude[0].message, HasSubstr("the sign of the latitude"));
  const auto longitude = Detect(MakeCase(100, [](const LatLng& at) {
    return LatLng{at.latitude_deg, -at.longitude_deg};
  }));
  ASSERT_THAT(Kinds(longitude), ElementsAre("sign_flipped"));
  EXPECT_THAT(longitude[0].message, HasSubstr("the sign of the longitude"));
  // Hemisphere letters that a reader dropped: only some signs are turned.
  const auto letters = Detect(MakeCase(200, [](const LatLng& at) {
    return LatLng{std::abs(at.latitude_deg), std::abs(at.longitude_deg)};
  }));
  EXPECT_THAT(Kinds(letters), ElementsAre("sign_flipped"));
}

TEST(DetectProblems, Radians) {
  constexpr double kRadians = std::numbers::pi / 180;
  const auto radians = Detect(MakeCase(100, [](const LatLng& at) {
    return LatLng{at.latitude_deg * kRadians, at.longitude_deg * kRadians};
  }));
  ASSERT_THAT(Kinds(radians), ElementsAre("radians"));
  EXPECT_EQ(radians[0].message.find("longitude first"), std::string::npos);
  const auto exchanged = Detect(MakeCase(100, [](const LatLng& at) {
    return LatLng{at.longitude_deg * kRadians, at.latitude_deg * kRadians};
  }));
  ASSERT_THAT(Kinds(exchanged), ElementsAre("radians"));
  EXPECT_THAT(exchanged[0].message, HasSubstr("longitude first"));
}

TEST(DetectProblems, IdenticalRoundedAndPlaceholderAnswers) {
  Case made = MakeCase(100);
  for (size_t i = 0; i < 15; ++i) made.predictions[4 * i].point = LatLng{48.85, 2.35};
  const auto identical = Detect(made);
  ASSERT_THAT(Kinds(identical), ElementsAre("identical"));
  EXPECT_EQ(identical[0].records, 15u);
  EXPECT_THAT(identical[0].message, HasSubstr("15 of 100 answers are the same point, 48.85, 2.35"));
  // Photos of one place have one answer.
  for (size_t i = 0; i < 15; ++i) made.truth[4 * i].point = LatLng{48.86, 2.34};
  EXPECT_THAT(Kinds(Detect(made)), IsEmpty());

  const auto rounded = Detect(MakeCase(100, [](const LatLng& at) {
    return LatLng{std::round(at.latitude_deg), std::round(at.longitude_deg)};
  }));
  EXPECT_THAT(Kinds(rounded), ElementsAre("rounded"));

  Case zero = MakeCase(100);
  for (size_t i = 0; i < 4; ++i) zero.predictions[i].point = LatLng{0, 0};
  EXPECT_THAT(Kinds(Detect(zero)), ElementsAre("placeholder"));
}

TEST(DetectProblems, CountriesTurnedIntoPoints) {
  // One point a country, wherever it lies in it.
  Case made;
  const std::vector<LatLng> capitals = {
      {48.8566, 2.3522}, {52.52, 13.405}, {40.4168, -3.7038}, {-1.2921, 36.8219}};
  Random random(5);
  for (size_t i = 0; i < 80; ++i) {
    const LatLng capital = capitals[i % capitals.size()];
    made.truth.push_back(
        {.point = GeodesicDestination(capital, random.Uniform(0, 360), random.Uniform(50, 200))});
    made.predictions.push_back({.outcome = Outcome::kParsed, .point = capital});
    made.matching.pairs.push_back({i, i});
  }
  const auto points = Detect(made);
  EXPECT_THAT(Kinds(points), testing::Contains("country_points"));

  // Middles of countries, each country once, as lists of them give them: some kilometres apart.
  Case middles;
  for (const Country& country : AllCountries()) {
    const auto extent = ExtentOfCountry(country.code);
    if (!extent || !LandAreaAt(extent->centroid)) continue;
    const size_t i = middles.truth.size();
    middles.truth.push_back({.point = RandomPlace(random)});
    middles.predictions.push_back(
        {.outcome = Outcome::kParsed,
         .point = GeodesicDestination(extent->centroid, random.Uniform(0, 360), 20)});
    middles.matching.pairs.push_back({i, i});
  }
  ASSERT_GT(middles.truth.size(), 150u);
  EXPECT_THAT(Kinds(Detect(middles)), ElementsAre("centroid"));
}

TEST(DetectLeakage, TruthInPromptReplyAndMetadata) {
  Case made = MakeCase(40);
  const LatLng truth = *made.truth[7].point;
  const auto shown = [](const LatLng& at) {
    return std::to_string(at.latitude_deg) + ", " + std::to_string(at.longitude_deg);
  };
  made.predictions[7].prompt = "Explain why this photo was taken at " + shown(truth) + ".";
  made.predictions[8].prompt = "Where was this photo taken, e.g. 48.8584, 2.2945?";
  const auto prompt = Detect(made);
  ASSERT_THAT(Kinds(prompt), ElementsAre("truth_in_prompt"));
  EXPECT_EQ(prompt[0].records, 1u);

  Case replies = MakeCase(40);
  for (size_t i = 0; i < 40; ++i) {
    replies.predictions[i].text =
        "<think>Trees.</think><answer>" + shown(*replies.truth[i].point) + "</answer>";
  }
  EXPECT_THAT(Kinds(Detect(replies)), IsEmpty());  // a right answer is no leak
  for (size_t i = 0; i < 6; ++i) {
    replies.predictions[i].text = "<think>The position " + shown(*replies.truth[i].point) +
                                  " fits.</think><answer>1, 2</answer>";
  }
  EXPECT_THAT(Kinds(Detect(replies)), ElementsAre("truth_in_reply"));

  Case metadata = MakeCase(40);
  metadata.predictions[0].metadata_gps = LatLng{10, 10};  // present, not used
  EXPECT_THAT(Kinds(Detect(metadata)), IsEmpty());
  metadata.predictions[1].metadata_gps = metadata.predictions[1].point;
  EXPECT_THAT(Kinds(Detect(metadata)), ElementsAre("metadata_gps"));
}

TEST(TextHoldsPoint, ThreeDecimalsOfBoth) {
  const LatLng paris = {48.85837, -2.29448};
  EXPECT_TRUE(TextHoldsPoint("at 48.858 N and 2.294W", paris));
  EXPECT_TRUE(TextHoldsPoint("(-2.2945, 48.8584)", paris));
  EXPECT_FALSE(TextHoldsPoint("48.85, 2.29", paris));  // too coarse to be told
  EXPECT_FALSE(TextHoldsPoint("48.858, 2.394", paris));
  EXPECT_FALSE(TextHoldsPoint("48.858", paris));
  EXPECT_FALSE(TextHoldsPoint("", paris));
  EXPECT_FALSE(TextHoldsPoint("1.2.3.4 9999999.123 5.", paris));
}

TEST(CoordinateGallery, AgreesWithLookingAtEveryPoint) {
  Random random(9);
  std::vector<LatLng> gallery = {{90, 0}, {-90, 0}, {0, 180}, {10, -180}};
  for (int i = 0; i < 150; ++i) {
    gallery.push_back({random.Uniform(-90, 90), random.Uniform(-180, 180)});
  }
  const CoordinateGallery hashed(gallery);
  for (int i = 0; i < 500; ++i) {
    const LatLng& base = gallery[random.Below(gallery.size())];
    const LatLng point = GeodesicDestination(base, random.Uniform(0, 360), random.Uniform(0, 1.5));
    double nearest_km = 1e9;
    for (const LatLng& at : gallery) {
      nearest_km = std::min(nearest_km, GeodesicDistanceKm(at, point));
    }
    for (const double radius_km : {0.01, 0.5, 1.0}) {
      ASSERT_EQ(hashed.HasWithin(point, radius_km), nearest_km <= radius_km)
          << point.latitude_deg << ", " << point.longitude_deg;
    }
  }
}

TEST(DetectGalleryLeak, AGalleryThatHoldsTheTruth) {
  const Case made = MakeCase(100);
  std::vector<LatLng> gallery;
  for (size_t i = 0; i < 30; ++i) gallery.push_back(*made.truth[i].point);
  const GalleryOverlap overlap = CompareWithGallery(made.truth, CoordinateGallery(gallery));
  EXPECT_EQ(overlap.truths, 100u);
  EXPECT_EQ(overlap.repeated, 30u);
  const auto warnings = DetectGalleryLeak(overlap);
  ASSERT_THAT(Kinds(warnings), ElementsAre("truth_in_gallery"));
  EXPECT_THAT(warnings[0].message, HasSubstr("30 of 100 true points"));
  EXPECT_THAT(DetectGalleryLeak(
                  CompareWithGallery(made.truth, CoordinateGallery(std::span(gallery).first(5)))),
              IsEmpty());
}

}  // namespace
}  // namespace gre
