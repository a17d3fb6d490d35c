#include "bench/scoring.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geo/geodesic.h"

namespace gre {
namespace {

const LatLng kParis = {48.8566, 2.3522};
const LatLng kLyon = {45.7640, 4.8357};

std::vector<LatLng> NoPoints(std::string_view) { return {}; }

Prediction Answer(std::string id, LatLng point) {
  Prediction prediction;
  prediction.id = std::move(id);
  prediction.outcome = Outcome::kParsed;
  prediction.point = point;
  return prediction;
}

struct Scored {
  RecordScores records;
  Scores scores;
};

Scored ScoreAll(const std::vector<TruthRecord>& truth, const std::vector<Prediction>& predictions,
                const ScoreConventions& conventions = {}, const CountryPoints& points = NoPoints) {
  const auto matching = MatchPredictions(truth, predictions);
  EXPECT_TRUE(matching.ok());
  Scored scored;
  scored.records = ScoreRecords(truth, predictions, *matching, conventions, points);
  scored.scores = Summarize(truth, predictions, *matching, scored.records, conventions, {});
  return scored;
}

TEST(Scoring, EveryPredictionIsCountedOnce) {
  const std::vector<TruthRecord> truth = {{.id = "a", .point = kParis},
                                          {.id = "b", .point = kParis},
                                          {.id = "c", .point = kParis},
                                          {.id = "d", .point = kParis},
                                          {.id = "e", .point = kParis}};
  std::vector<Prediction> predictions = {Answer("a", kParis), Answer("a", kLyon),
                                         Answer("x", kParis)};
  predictions.push_back({.id = "b", .outcome = Outcome::kUnparsed});
  predictions.push_back({.id = "c", .outcome = Outcome::kRefused});
  predictions.push_back({.id = "d", .outcome = Outcome::kEngineError});
  const Scores scores = ScoreAll(truth, predictions).scores;
  EXPECT_EQ(scores.records, 6u);
  EXPECT_EQ(scores.records, scores.unmatched + scores.duplicates + scores.scored);
  EXPECT_EQ(scores.scored, scores.parsed + scores.unparsed + scores.refused + scores.engine_error);
  EXPECT_EQ(scores.missing, 1u);
  EXPECT_DOUBLE_EQ(scores.accuracy[0].second.value, 0.25);
  EXPECT_EQ(scores.accuracy[0].second.records, 4u);
  EXPECT_DOUBLE_EQ(scores.geoscore.value, 1250);

  ScoreConventions drop;
  drop.unparsed = ScoreConventions::Unparsed::kDrop;
  EXPECT_DOUBLE_EQ(ScoreAll(truth, predictions, drop).scores.accuracy[0].second.value, 1);

  ScoreConventions strict_benchmark;
  strict_benchmark.count_missing = true;
  EXPECT_DOUBLE_EQ(ScoreAll(truth, predictions, strict_benchmark).scores.accuracy[0].second.value,
                   0.2);

  ScoreConventions far;
  far.unparsed = ScoreConventions::Unparsed::kDistance;
  far.unparsed_distance_km = 1000;
  const Scores with_distance = ScoreAll(truth, predictions, far).scores;
  EXPECT_DOUBLE_EQ(with_distance.mean_km.value, 750);
  EXPECT_DOUBLE_EQ(with_distance.accuracy[4].second.value, 1);
}

TEST(Scoring, TheBoundaryBelongsToTheThresholdOnlyWhereTheConventionSaysSo) {
  const double distance_km = HaversineDistanceKm(kParis, kLyon);
  ScoreConventions conventions;
  conventions.distance = {DistanceConvention::Model::kHaversine, kMeanEarthRadiusKm};
  conventions.thresholds_km = {distance_km};
  const std::vector<TruthRecord> truth = {{.id = "a", .point = kParis}};
  const std::vector<Prediction> predictions = {Answer("a", kLyon)};
  EXPECT_EQ(ScoreAll(truth, predictions, conventions).scores.accuracy[0].second.value, 1);
  conventions.boundary = Boundary::kStrict;
  EXPECT_EQ(ScoreAll(truth, predictions, conventions).scores.accuracy[0].second.value, 0);
}

TEST(Scoring, PresetsDifferWhereTheirPapersDo) {
  const std::vector<TruthRecord> truth = {{.id = "a", .point = kParis}};
  const std::vector<Prediction> predictions = {Answer("a", kLyon)};
  const auto mean_km = [&](std::string_view preset) {
    const auto conventions = ConventionPreset(preset);
    EXPECT_TRUE(conventions.ok());
    return ScoreAll(truth, predictions, *conventions).scores.mean_km.value;
  };
  EXPECT_NEAR(mean_km("geoclip"), 391.713, 1e-3);
  EXPECT_NEAR(mean_km("osv5m"), 391.499, 1e-3);
  EXPECT_NEAR(mean_km("pigeon"), 391.938, 1e-3);
  EXPECT_FALSE(ConventionPreset("osv").ok());
  const auto pigeon = ConventionPreset("pigeon");
  const double geoscore = ScoreAll(truth, predictions, *pigeon).scores.geoscore.value;
  EXPECT_EQ(geoscore, std::round(geoscore));
}

// Of a photo with a known country only, fine thresholds say nothing and coarse ones are means over
// the country.
TEST(Scoring, CountryOnlyTruthIsAnExpectation) {
  const std::vector<TruthRecord> truth = {{.id = "a", .country_code = "FR"}};
  const std::vector<Prediction> predictions = {Answer("a", kParis)};
  const LatLng cayenne = {4.9224, -52.3135};
  const CountryPoints points = [&](std::string_view) {
    return std::vector<LatLng>{kParis, kLyon, cayenne, cayenne};
  };
  const Scored scored = ScoreAll(truth, predictions, {}, points);
  EXPECT_TRUE(std::isnan(scored.scores.accuracy[2].second.value));
  EXPECT_EQ(scored.scores.accuracy[2].second.records, 0u);
  EXPECT_DOUBLE_EQ(scored.scores.accuracy[3].second.value, 0.5);
  EXPECT_EQ(scored.scores.country_only, 1u);
  EXPECT_EQ(scored.records.Find("country")->values[0], 1);
}

TEST(Scoring, ThresholdsFinerThanTheTruthAreNotApplicable) {
  const std::vector<TruthRecord> truth = {{.id = "a", .point = kParis, .precision_km = 30}};
  const Scores scores = ScoreAll(truth, {Answer("a", kParis)}).scores;
  EXPECT_EQ(scores.accuracy[1].second.records, 0u);
  EXPECT_EQ(scores.accuracy[2].second.value, 1);
}

}  // namespace
}  // namespace gre
