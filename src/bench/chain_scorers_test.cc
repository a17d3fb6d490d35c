#include "bench/chain_scorers.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gre {
namespace {

// Texts and photos as points in a plane: "east" and "north" are its axes, other words between them.
std::vector<float> Direction(const std::string& text) {
  if (text.find("east") != std::string::npos) return {1, 0};
  if (text.find("north") != std::string::npos) return {0, 1};
  return {0.6F, 0.8F};
}

Vectors Directions(std::span<const std::string> texts) {
  Vectors vectors;
  vectors.dimensions = 2;
  for (const std::string& text : texts) {
    for (const float value : Direction(text)) vectors.values.push_back(value);
  }
  return vectors;
}

class PlaneEmbedder final : public Embedder {
 public:
  Result<Vectors> EmbedSentences(std::span<const std::string> texts) override {
    return Directions(texts);
  }
  // A token a text.
  Result<std::vector<TokenVectors>> EmbedTokens(std::span<const std::string> texts) override {
    std::vector<TokenVectors> tokens;
    for (const std::string& text : texts) {
      if (text.empty()) {
        tokens.emplace_back();
        continue;
      }
      tokens.push_back({.ids = {1}, .dimensions = 2, .values = Direction(text)});
    }
    return tokens;
  }
  [[nodiscard]] const EmbedderInfo& info() const override { return info_; }

 private:
  EmbedderInfo info_ = {.model = "plane", .dimensions = 2, .pooling = "mean"};
};

class PlaneClip final : public ImageTextEmbedder {
 public:
  Result<Vectors> EmbedTexts(std::span<const std::string> texts) override {
    return Directions(texts);
  }
  // White photos show the east.
  Result<Vectors> EmbedImages(std::span<const RgbImage* const> images) override {
    Vectors vectors;
    vectors.dimensions = 2;
    for (const RgbImage* image : images) {
      const bool white = image->pixels.front() == 255;
      vectors.values.insert(vectors.values.end(), {white ? 1.0F : 0.0F, white ? 0.0F : 1.0F});
    }
    return vectors;
  }
  [[nodiscard]] const EmbedderInfo& info() const override { return info_; }

 private:
  EmbedderInfo info_ = {.model = "plane-clip", .dimensions = 2, .pooling = ""};
};

RgbImage WhitePhoto() { return {2, 2, std::vector<uint8_t>(12, 255)}; }

TEST(ChainScorers, CosinesStandRowByRowAndTokensOfEachSideTogether) {
  PlaneEmbedder embedder;
  ChainScorers scorers;
  UseEmbedder(embedder, scorers);
  EXPECT_EQ(scorers.embedder, "plane");
  const std::vector<std::string> texts = {"east", "north"};
  const std::vector<std::string> references = {"east", "between", ""};
  const auto cosines = scorers.similarity(texts, references);
  ASSERT_TRUE(cosines.ok());
  ASSERT_EQ(cosines->size(), 6u);
  EXPECT_NEAR(cosines->at(0), 1, 1e-6);
  EXPECT_NEAR(cosines->at(1), 0.6, 1e-6);
  EXPECT_NEAR(cosines->at(3), 0, 1e-6);
  EXPECT_NEAR(cosines->at(4), 0.8, 1e-6);
  // Precision: east finds east (1), north finds between (0.8); recall: 1 and 0.8.
  EXPECT_NEAR(scorers.inference(texts, references).value(), 0.9, 1e-6);
  EXPECT_TRUE(std::isnan(scorers.inference(texts, std::vector<std::string>{""}).value()));
}

TEST(ChainScorers, CaptionsAreComparedWithPhotoAndReferences) {
  PlaneClip clip;
  ChainScorers scorers;
  UseClip(
      clip,
      [](const TruthRecord& truth) -> Result<RgbImage> {
        if (truth.id == "gone") return Error{ErrorCode::kNotFound, "gone"};
        return WhitePhoto();
      },
      scorers);
  TruthRecord truth = {.id = "a", .captions = {"between"}};
  const std::vector<std::string> captions = {"east", "north"};
  // east: CLIPScore 2.5, reference 0.6, harmonic mean 2 * 2.5 * 0.6 / 3.1; north: no likeness, 0.
  EXPECT_NEAR(scorers.caption(truth, captions).value(), 2 * 2.5 * 0.6 / 3.1 / 2, 1e-6);
  truth.id = "gone";
  EXPECT_TRUE(std::isnan(scorers.caption(truth, captions).value()));
}

TEST(ChainScorers, TheMostSimilarCluesComeFirst) {
  PlaneClip clip;
  const auto matcher = MakeClueMatcher(clip, {"north", "between", "east"}, 2);
  ASSERT_TRUE(matcher.ok());
  const auto matches = (*matcher)(WhitePhoto());
  ASSERT_TRUE(matches.ok());
  ASSERT_EQ(matches->size(), 2u);
  EXPECT_EQ(matches->at(0).text, "east");
  EXPECT_NEAR(matches->at(0).similarity, 1, 1e-6);
  EXPECT_EQ(matches->at(1).text, "between");
}

}  // namespace
}  // namespace gre
