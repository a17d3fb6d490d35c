#include "bench/fusion/fusion.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/fusion/fusion_systems.h"
#include "bench/fusion/place_folds.h"
#include "core/random.h"
#include "geo/geodesic.h"
#include "metrics/monotone_calibration.h"

namespace gre {
namespace {

const LatLng kParis = {48.8566, 2.3522};
const LatLng kVersailles = {48.8049, 2.1204};
const LatLng kChartres = {48.4469, 1.4892};
const LatLng kBerlin = {52.52, 13.405};
const LatLng kKehl = {48.5747, 7.8145};
const LatLng kStrasbourg = {48.5734, 7.7521};
const LatLng kOffenburg = {48.4708, 7.9409};

FusionModel Model(std::vector<double> reliabilities) {
  FusionModel model;
  for (size_t i = 0; i < reliabilities.size(); ++i) {
    model.systems.push_back(
        {std::string(1, static_cast<char>('a' + i)), {.answers = 10, .overall = reliabilities[i]}});
  }
  return model;
}

FusedAnswer Fuse(std::vector<FusionVote> votes, const FusionModel& model) {
  const auto fused = Ballot(std::move(votes)).Fuse(model);
  EXPECT_TRUE(fused.has_value());
  return *fused;
}

TEST(Fusion, TheMajorityWinsUnlessTheOtherIsFarMoreReliable) {
  const std::vector<FusionVote> votes = {{0, kParis}, {1, kVersailles}, {2, kBerlin}};
  EXPECT_NE(Fuse(votes, Model({0.5, 0.6, 0.6})).point, kBerlin);
  EXPECT_EQ(Fuse(votes, Model({0.1, 0.1, 0.9})).point, kBerlin);
  FusionModel odds = Model({0.6, 0.6, 0.9});
  EXPECT_EQ(Fuse(votes, odds).point, kParis);
  odds.settings.weight = FusionSettings::Weight::kOdds;
  EXPECT_EQ(Fuse(votes, odds).point, kBerlin);
}

TEST(Fusion, ThreeThatAgreeMeetAtTheirMedian) {
  const FusedAnswer fused =
      Fuse({{0, kParis}, {1, kVersailles}, {2, kChartres}}, Model({0.5, 0.5, 0.5}));
  EXPECT_EQ(fused.agreeing, 3u);
  EXPECT_LT(HaversineDistanceKm(fused.point, kVersailles), 1);
}

// Two points that disagree are never averaged, and neighbours across a border are not joined.
TEST(Fusion, NeverAPlaceBetweenTwoCountries) {
  const FusedAnswer two = Fuse({{0, kParis}, {1, kBerlin}}, Model({0.5, 0.4}));
  EXPECT_EQ(two.point, kParis);
  EXPECT_EQ(two.agreeing, 1u);
  const FusedAnswer border =
      Fuse({{0, kStrasbourg}, {1, kKehl}, {2, kOffenburg}}, Model({0.9, 0.5, 0.5}));
  EXPECT_TRUE(border.point == kStrasbourg || border.point == kKehl);
  EXPECT_LE(border.agreeing, 2u);
}

TEST(Fusion, SilentSystemsLowerTheSupport) {
  const FusionModel model = Model({0.5, 0.5});
  EXPECT_DOUBLE_EQ(Fuse({{0, kParis}}, model).support, 0.5);
  EXPECT_DOUBLE_EQ(Fuse({{0, kParis}, {1, kParis}}, model).support, 1);
  EXPECT_FALSE(Ballot({}).Fuse(model).has_value());
}

struct System {
  std::string name;
  std::vector<Prediction> predictions;
};

struct World {
  std::vector<TruthRecord> truth;
  std::vector<System> systems;

  [[nodiscard]] std::vector<FusionInput> Inputs() const {
    std::vector<FusionInput> inputs;
    for (const System& system : systems) inputs.push_back({system.name, system.predictions});
    return inputs;
  }
};

// `errors` of answers are drawn with the system's reliability; the confidence tells which are good.
World MakeWorld(std::vector<double> reliabilities) {
  World world;
  Random random(11);
  for (size_t i = 0; i < 120; ++i) {
    // Four photos a place.
    const LatLng place = i % 4 == 0 ? LatLng{random.Uniform(44, 49), random.Uniform(0, 6)}
                                    : *world.truth[i - 1].point;
    world.truth.push_back({.id = std::to_string(i), .point = place, .country_code = "FR"});
  }
  for (size_t s = 0; s < reliabilities.size(); ++s) {
    System& system = world.systems.emplace_back(System{"system " + std::to_string(s), {}});
    for (const TruthRecord& record : world.truth) {
      Prediction prediction = {.id = record.id};
      const bool right = random.Uniform() < reliabilities[s];
      prediction.outcome = Outcome::kParsed;
      prediction.point = GeodesicDestination(*record.point, random.Uniform(0, 360),
                                             right ? 5 : random.Uniform(400, 4000));
      prediction.confidence = right ? random.Uniform(0.5, 1) : random.Uniform(0, 0.7);
      if (random.Below(8) == 0) {
        prediction.outcome = Outcome::kRefused;
        prediction.point.reset();
      }
      system.predictions.push_back(std::move(prediction));
    }
  }
  return world;
}

CrossValidatedFusion CrossValidate(const World& world) {
  const auto votes = CollectVotes(world.truth, world.Inputs(), 25);
  EXPECT_TRUE(votes.ok());
  auto fusion = CrossValidateFusion(votes->photos, votes->systems, 10, 1);
  EXPECT_TRUE(fusion.ok());
  return std::move(*fusion);
}

std::vector<Prediction> FuseWorld(const World& world) {
  return FusedPredictions(world.truth, CrossValidate(world).photos);
}

TEST(Fusion, OneSystemFusedIsThatSystem) {
  const World world = MakeWorld({0.6});
  const std::vector<Prediction> fused = FuseWorld(world);
  ASSERT_EQ(fused.size(), world.truth.size());
  for (size_t i = 0; i < fused.size(); ++i) {
    EXPECT_EQ(fused[i].point, world.systems.front().predictions[i].point);
  }
}

TEST(Fusion, TheOrderOfTheSystemsDoesNotMatter) {
  World world = MakeWorld({0.3, 0.5, 0.5, 0.7});
  const CrossValidatedFusion fused = CrossValidate(world);
  const std::vector<Prediction> points = FusedPredictions(world.truth, fused.photos);
  std::ranges::reverse(world.systems);
  std::swap(world.systems[0], world.systems[1]);
  const CrossValidatedFusion again = CrossValidate(world);
  EXPECT_EQ(again.model, fused.model);
  EXPECT_EQ(again.settings, fused.settings);
  const std::vector<Prediction> points_again = FusedPredictions(world.truth, again.photos);
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points_again[i].point, points[i].point);
    EXPECT_EQ(points_again[i].confidence, points[i].confidence);
  }
}

TEST(Fusion, BeatsTheBestOfSystemsThatErrApart) {
  const World world = MakeWorld({0.5, 0.55, 0.5, 0.6});
  const auto share_right = [&](std::span<const Prediction> predictions) {
    size_t right = 0;
    for (size_t i = 0; i < predictions.size(); ++i) {
      right += predictions[i].point &&
                       HaversineDistanceKm(*predictions[i].point, *world.truth[i].point) <= 25
                   ? 1
                   : 0;
    }
    return static_cast<double>(right) / static_cast<double>(world.truth.size());
  };
  double best = 0;
  for (const System& system : world.systems) {
    best = std::max(best, share_right(system.predictions));
  }
  EXPECT_GT(share_right(FuseWorld(world)), best + 0.1);
}

// Nothing that is learned for a photo may come from its fold: other truths there change nothing.
TEST(Fusion, NoTruthLeaksIntoItsFold) {
  World world = MakeWorld({0.5, 0.6, 0.7});
  const auto votes = CollectVotes(world.truth, world.Inputs(), 25);
  const auto fused = CrossValidateFusion(votes->photos, votes->systems, 5, 1);
  ASSERT_TRUE(fused.ok());
  // Truths of the first fold, moved together and far away, so that places and folds stay.
  std::vector<FusionPhoto> moved = votes->photos;
  for (size_t i = 0; i < moved.size(); ++i) {
    if (fused->fold[i] == 0) {
      moved[i].truth = LatLng{-moved[i].truth->latitude_deg, moved[i].truth->longitude_deg + 90};
      moved[i].country_code = "AU";
    }
  }
  const auto again = CrossValidateFusion(moved, votes->systems, 5, 1);
  ASSERT_EQ(again->fold, fused->fold);
  bool others_changed = false;
  for (size_t i = 0; i < moved.size(); ++i) {
    const FusedPhoto& a = fused->photos[i];
    const FusedPhoto& b = again->photos[i];
    if (fused->fold[i] == 0) {
      EXPECT_EQ(a.confidence, b.confidence);
      EXPECT_EQ(a.answer ? a.answer->point : LatLng{}, b.answer ? b.answer->point : LatLng{});
    } else {
      others_changed = others_changed || a.confidence != b.confidence;
    }
  }
  EXPECT_TRUE(others_changed);
}

RecordScores ScoresOf(std::span<const TruthRecord> truth, std::span<const Prediction> predictions) {
  return ScoreRecords(truth, predictions, *MatchPredictions(truth, predictions), {},
                      [](std::string_view) { return std::vector<LatLng>(); });
}

// A system that was asked a few easy photos alone had been the best single one.
TEST(FusionGains, AllSystemsAreMeasuredOnTheSamePhotos) {
  std::vector<TruthRecord> truth;
  std::vector<Prediction> half;  // right in 5 of 10
  for (int i = 0; i < 10; ++i) {
    truth.push_back({.id = std::to_string(i), .point = kParis});
    half.push_back(
        {.id = truth.back().id, .outcome = Outcome::kParsed, .point = i < 5 ? kParis : kBerlin});
  }
  const std::vector<Prediction> few(half.begin(), half.begin() + 2);
  const std::vector<FusionInput> inputs = {{"few", few}, {"half", half}};
  const auto votes = CollectVotes(truth, inputs, 25);
  ASSERT_TRUE(votes.ok());
  const std::vector<Prediction> complete =
      CompletePredictions(truth, few, *MatchPredictions(truth, few), votes->photos);
  ASSERT_EQ(complete.size(), truth.size());
  const RecordScores few_scores = ScoresOf(truth, complete);
  const RecordScores half_scores = ScoresOf(truth, half);
  const std::vector<ComparedSystem> singles = {{"few", complete, &few_scores},
                                               {"half", half, &half_scores}};
  for (const FusionGain& gain :
       MeasureFusionGains(truth, singles, {"fused", half, &half_scores}, {.resamples = 100})) {
    if (gain.difference.metric != "acc@25") continue;
    EXPECT_EQ(gain.best_single, "half");
    EXPECT_EQ(gain.difference.base, 0.5);
    EXPECT_EQ(gain.difference.records, 10u);
  }
}

// A first system without a single distance had stayed the best one.
TEST(FusionGains, ASystemWithoutAFigureIsNotTheBest) {
  const std::vector<TruthRecord> truth = {{.id = "a", .point = kParis}};
  const std::vector<Prediction> silent = {{.id = "a", .outcome = Outcome::kRefused}};
  const std::vector<Prediction> right = {
      {.id = "a", .outcome = Outcome::kParsed, .point = kVersailles}};
  const RecordScores silent_scores = ScoresOf(truth, silent);
  const RecordScores right_scores = ScoresOf(truth, right);
  const std::vector<ComparedSystem> singles = {{"silent", silent, &silent_scores},
                                               {"right", right, &right_scores}};
  for (const FusionGain& gain :
       MeasureFusionGains(truth, singles, {"fused", right, &right_scores}, {.resamples = 100})) {
    if (gain.difference.metric != "mean_km") continue;
    EXPECT_EQ(gain.best_single, "right");
  }
}

TEST(FusionModel, ReadsBackWhatItWrites) {
  FusionModel model = CrossValidate(MakeWorld({0.5, 0.7})).model;
  model.confidence_max = 5;
  const std::string json = FusionModelJson(model);
  const auto read = ParseFusionModel(json);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, model);
  EXPECT_TRUE(CheckSystems(*read, std::vector<std::string>{"system 0", "system 1"}).ok());
  const Status other = CheckSystems(*read, std::vector<std::string>{"system 0"});
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, testing::HasSubstr("system 1, found system 0"));
  std::string scale = json;
  scale.replace(scale.find("\"confidence_max\": 5"), 19, "\"confidence_max\": 0");
  EXPECT_THAT(ParseFusionModel(scale).error().message,
              testing::HasSubstr("'confidence_max': expected a number above 0"));
  EXPECT_THAT(ParseFusionModel("{}").error().message, testing::HasSubstr("'schema'"));
  std::string broken = json;
  broken.replace(broken.find("\"overall\": 0"), 12, "\"overall\": 7");
  EXPECT_THAT(ParseFusionModel(broken).error().message,
              testing::HasSubstr("'systems[0].overall': expected a number within 0 and 1"));
}

TEST(PlaceFolds, ChainsOfNearPhotosAreOnePlaceAlsoAcrossTheAntimeridian) {
  const std::vector<std::optional<LatLng>> points = {
      LatLng{0, 179.9}, LatLng{0, -179.9}, LatLng{0, -179.7}, LatLng{10, 0},
      std::nullopt,     std::nullopt,      LatLng{10.1, 0}};
  EXPECT_THAT(GroupPlaces(points, 25), testing::ElementsAre(0, 0, 0, 1, 2, 3, 1));
  EXPECT_THAT(GroupPlaces(points, 1), testing::ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(PlaceFolds, APlaceIsNeverSplitAndFoldsAreEven) {
  Random random(3);
  std::vector<size_t> places;
  for (size_t i = 0; i < 500; ++i) places.push_back(random.Below(60));
  const auto fold = FoldsByPlace(places, 5, 1);
  ASSERT_TRUE(fold.ok());
  std::set<std::pair<size_t, size_t>> seen;
  std::vector<size_t> photos(5);
  for (size_t i = 0; i < places.size(); ++i) {
    seen.insert({places[i], (*fold)[i]});
    ++photos[(*fold)[i]];
  }
  EXPECT_EQ(seen.size(), std::set<size_t>(places.begin(), places.end()).size());
  EXPECT_LE(std::ranges::max(photos) - std::ranges::min(photos), 5u);
  EXPECT_NE(*FoldsByPlace(places, 5, 2), *fold);
  EXPECT_FALSE(FoldsByPlace(std::vector<size_t>{0, 0, 1}, 3, 1).ok());
}

TEST(MonotoneCalibration, RisesAndFindsWhatConfidenceIsWorth) {
  Random random(8);
  std::vector<StatedOutcome> answers;
  for (int i = 0; i < 20000; ++i) {
    const double stated = static_cast<double>(1 + random.Below(5));
    answers.push_back({stated, random.Uniform() < stated / 6 ? 1.0 : 0.0});
  }
  const MonotoneCalibration fit = FitMonotoneCalibration(answers);
  ASSERT_EQ(fit.steps.size(), 5u);
  for (int stated = 1; stated <= 5; ++stated) {
    EXPECT_NEAR(fit.Probability(stated), stated / 6.0, 0.02);
  }
  EXPECT_EQ(fit.Probability(0), fit.Probability(1));
  EXPECT_EQ(fit.Probability(std::nan("")), fit.overall);
  EXPECT_EQ(FitMonotoneCalibration(answers, {.use_stated = false}).steps.size(), 0u);
  // A confidence that falls with being right says nothing.
  for (StatedOutcome& answer : answers) answer.stated = -answer.stated;
  EXPECT_EQ(FitMonotoneCalibration(answers).steps.size(), 1u);
}

}  // namespace
}  // namespace gre
