// BERTScore and CLIPScore on vectors drawn at random: what must hold for any vectors.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "bench/chains/bert_score.h"
#include "bench/chains/clip_score.h"
#include "core/random.h"

namespace gre {
namespace {

constexpr int64_t kWidth = 6;

std::vector<float> DrawVector(Random& random, double offset = 0) {
  std::vector<float> vector;
  for (int64_t i = 0; i < kWidth; ++i) {
    vector.push_back(static_cast<float>(random.Uniform(-1, 1) + offset));
  }
  return vector;
}

TokenVectors Draw(Random& random, int tokens, double offset = 0) {
  TokenVectors drawn;
  drawn.dimensions = kWidth;
  for (int i = 0; i < tokens; ++i) {
    drawn.ids.push_back(static_cast<int32_t>(random.Uniform(0, 9)));
    const std::vector<float> vector = DrawVector(random, offset);
    drawn.values.insert(drawn.values.end(), vector.begin(), vector.end());
  }
  return drawn;
}

TEST(BertScoreTest, IdenticalTextsScoreOne) {
  Random random(1);
  for (int tokens = 1; tokens < 20; ++tokens) {
    const TokenVectors text = Draw(random, tokens);
    const auto score = ComputeBertScore(text, text);
    ASSERT_TRUE(score);
    EXPECT_NEAR(score->precision, 1, 1e-12);
    EXPECT_NEAR(score->recall, 1, 1e-12);
    EXPECT_NEAR(score->f1, 1, 1e-12);
  }
}

TEST(BertScoreTest, SwappingTextsSwapsPrecisionAndRecall) {
  Random random(2);
  for (int trial = 0; trial < 200; ++trial) {
    const TokenVectors a = Draw(random, 1 + trial % 7);
    const TokenVectors b = Draw(random, 1 + trial % 5);
    const auto there = ComputeBertScore(a, b);
    const auto back = ComputeBertScore(b, a);
    EXPECT_DOUBLE_EQ(there->precision, back->recall);
    EXPECT_DOUBLE_EQ(there->recall, back->precision);
    EXPECT_DOUBLE_EQ(there->f1, back->f1);
    for (const double value : {there->precision, there->recall, there->f1}) {
      EXPECT_GE(value, -1);
      EXPECT_LE(value, 1);
    }
    if (there->precision > 0 && there->recall > 0) {
      EXPECT_GE(there->f1, std::min(there->precision, there->recall) - 1e-12);
      EXPECT_LE(there->f1, std::max(there->precision, there->recall) + 1e-12);
    }
  }
}

TEST(BertScoreTest, LengthsOfVectorsDoNotCount) {
  Random random(3);
  const TokenVectors a = Draw(random, 5);
  TokenVectors b = Draw(random, 4);
  const auto before = ComputeBertScore(a, b);
  for (float& value : b.values) value *= 8;
  EXPECT_NEAR(ComputeBertScore(a, b)->f1, before->f1, 1e-12);
}

TEST(BertScoreTest, MoreOfTheReferenceNeverLowersRecall) {
  Random random(4);
  for (int trial = 0; trial < 100; ++trial) {
    TokenVectors candidate = Draw(random, 3);
    const TokenVectors reference = Draw(random, 5);
    const double before = ComputeBertScore(candidate, reference)->recall;
    candidate.ids.push_back(reference.ids[0]);
    candidate.values.insert(candidate.values.end(), reference[0].begin(), reference[0].end());
    EXPECT_GE(ComputeBertScore(candidate, reference)->recall, before - 1e-12);
  }
}

TEST(BertScoreTest, AnEmptyTextHasNoScoreAndTheBestReferenceCounts) {
  Random random(5);
  const TokenVectors text = Draw(random, 4);
  const TokenVectors other = Draw(random, 4);
  EXPECT_FALSE(ComputeBertScore({}, text));
  EXPECT_FALSE(ComputeBertScore(text, TokenVectors{}));
  const std::vector<TokenVectors> references = {other, {}, text};
  EXPECT_NEAR(ComputeBertScore(text, references)->f1, 1, 1e-12);
  EXPECT_FALSE(ComputeBertScore(text, std::span<const TokenVectors>()));
}

TEST(ClipScoreTest, BoundsAndHarmonicMean) {
  Random random(6);
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<float> caption = DrawVector(random, 0.3);
    const std::vector<float> image = DrawVector(random, 0.3);
    const std::vector<float> first = DrawVector(random, 0.3);
    const std::vector<float> second = DrawVector(random, 0.3);
    EXPECT_DOUBLE_EQ(Cosine(caption, image), Cosine(image, caption));
    const double score = ClipScore(caption, image);
    EXPECT_GE(score, 0);
    EXPECT_LE(score, 2.5);
    const std::vector<std::span<const float>> one = {first};
    const std::vector<std::span<const float>> two = {first, second};
    const double with_one = *RefClipScore(caption, image, one);
    EXPECT_LE(with_one, *RefClipScore(caption, image, two) + 1e-12);
    EXPECT_LE(with_one, 2 * std::min(score, std::max(Cosine(caption, first), 0.0)) + 1e-12);
  }
  const std::vector<float> x = {1, 0};
  const std::vector<float> y = {0, 1};
  const std::vector<std::span<const float>> itself = {x};
  EXPECT_NEAR(*RefClipScore(x, x, itself), 2 * 2.5 / 3.5, 1e-12);
  EXPECT_EQ(*RefClipScore(x, y, itself), 0);
  EXPECT_FALSE(RefClipScore(x, y, {}));
  EXPECT_EQ(Cosine(std::vector<float>{0, 0}, x), 0);
}

}  // namespace
}  // namespace gre
