#include "bench/matching.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/photo_id.h"

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<TruthRecord> Truths(const std::vector<std::string>& ids) {
  std::vector<TruthRecord> records;
  for (const std::string& id : ids) records.push_back({.id = id, .point = LatLng{0, 0}});
  return records;
}

std::vector<Prediction> Predictions(const std::vector<std::string>& ids) {
  std::vector<Prediction> records;
  for (const std::string& id : ids) records.push_back({.id = id, .outcome = Outcome::kParsed});
  return records;
}

TEST(MatchPredictions, ByIdThenByStem) {
  const auto matching = MatchPredictions(Truths({"img/a.jpg", "b", "c.png", "d"}),
                                         Predictions({"b", "a.webp", "x", "img/a.jpg.x", "c.png"}));
  ASSERT_TRUE(matching.ok()) << matching.error().message;
  ASSERT_EQ(matching->pairs.size(), 3u);
  EXPECT_EQ(matching->pairs[0].prediction, 1u);
  EXPECT_EQ(matching->pairs[1].prediction, 0u);
  EXPECT_EQ(matching->pairs[2].prediction, 4u);
  EXPECT_THAT(matching->unmatched, ElementsAre(2u, 3u));
  EXPECT_THAT(matching->missing, ElementsAre(3u));
  EXPECT_THAT(matching->duplicates, IsEmpty());
  EXPECT_EQ(matching->by_stem, 1u);
}

TEST(MatchPredictions, TheFirstReplyCountsAndARetryReplacesAnError) {
  std::vector<Prediction> predictions = Predictions({"a", "a", "b", "b", "b"});
  predictions[2].outcome = Outcome::kEngineError;
  const auto matching = MatchPredictions(Truths({"a", "b"}), predictions);
  ASSERT_TRUE(matching.ok());
  EXPECT_EQ(matching->pairs[0].prediction, 0u);
  EXPECT_EQ(matching->pairs[1].prediction, 3u);
  EXPECT_THAT(matching->duplicates, ElementsAre(1u, 2u, 4u));
}

TEST(MatchPredictions, AnAmbiguousStemIsAnError) {
  const auto truths = MatchPredictions(Truths({"x/a.jpg", "y/a.jpg"}), Predictions({"a"}));
  ASSERT_FALSE(truths.ok());
  EXPECT_THAT(truths.error().message, HasSubstr("'x/a.jpg' and 'y/a.jpg'"));
  const auto predictions = MatchPredictions(Truths({"a"}), Predictions({"x/a.jpg", "y/a.jpg"}));
  ASSERT_FALSE(predictions.ok());
  EXPECT_THAT(predictions.error().message, HasSubstr("'x/a.jpg' and 'y/a.jpg'"));
  EXPECT_TRUE(MatchPredictions(Truths({"a.jpg"}), Predictions({"x/a", "x/a"})).ok());
  // Nobody asks for the ambiguous stem: no error.
  EXPECT_TRUE(MatchPredictions(Truths({"x/a.jpg", "y/a.jpg"}), Predictions({"x/a.jpg"})).ok());
}

// "12.5" was paired with "12.9".
TEST(MatchPredictions, WhatFollowsADotIsNoExtension) {
  EXPECT_EQ(IdStem("img/12.5"), "12.5");
  EXPECT_EQ(IdStem("img/12.5.JPG"), "12.5");
  const auto matching =
      MatchPredictions(Truths({"12.9", "12.5.jpg"}), Predictions({"12.5", "v1.2"}));
  ASSERT_TRUE(matching.ok());
  ASSERT_EQ(matching->pairs.size(), 1u);
  EXPECT_EQ(matching->pairs[0].truth, 1u);
  EXPECT_THAT(matching->unmatched, ElementsAre(1u));
}

// "x/a.jpg" was paired with "y/a.jpg".
TEST(MatchPredictions, PhotosOfDifferentFoldersAreDifferentPhotos) {
  const auto matching =
      MatchPredictions(Truths({"x/a.jpg", "x/b.jpg", "x/c.jpg", "d.jpg", "x/e.jpg"}),
                       Predictions({"y/a.jpg", "x/b", "c", "y/d.png", "y/e"}));
  ASSERT_TRUE(matching.ok());
  EXPECT_EQ(matching->by_stem, 3u);
  EXPECT_THAT(matching->unmatched, ElementsAre(0u, 4u));
  EXPECT_THAT(matching->missing, ElementsAre(0u, 4u));
}

// A foreign id with the same stem had made the whole file ambiguous.
TEST(MatchPredictions, AForeignIdTakesNothingFromAnExactMatch) {
  for (const auto& ids : {std::vector<std::string>{"a", "y/a.jpg"}, {"y/a.jpg", "a"}}) {
    const auto matching = MatchPredictions(Truths({"a"}), Predictions(ids));
    ASSERT_TRUE(matching.ok()) << matching.error().message;
    ASSERT_EQ(matching->pairs.size(), 1u);
    EXPECT_EQ(ids[matching->pairs[0].prediction], "a");
    EXPECT_EQ(matching->unmatched.size(), 1u);
    EXPECT_EQ(matching->by_stem, 0u);
  }
}

}  // namespace
}  // namespace gre
