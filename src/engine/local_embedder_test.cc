#include "engine/local_embedder.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using testing::HasSubstr;

const std::string kGoldens = std::string(GRE_SOURCE_DIR) + "/tests/goldens";

std::vector<std::string> ManyTexts() {
  const std::vector<std::string> words = {"the",   "street", "signs", "palm",
                                          "trees", "beach",  "road"};
  std::vector<std::string> texts = {"", "the beach"};
  for (size_t i = 0; i < 150; ++i) {
    std::string text;
    for (size_t k = 0; k <= i % 37; ++k)
      text.append(words[(i * 5 + k * k) % words.size()]).append(" ");
    texts.push_back(std::move(text));
  }
  texts.emplace_back(400, '.');  // more tokens than fit
  return texts;
}

void ExpectNear(std::span<const float> a, std::span<const float> b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-6);
}

TEST(LocalEmbedderTest, BatchesDoNotShow) {
  const auto embedder = LoadLocalEmbedder(kGoldens + "/tiny_bert", "tiny", 0, at::kCPU).value();
  const std::vector<std::string> texts = ManyTexts();
  const Vectors together = embedder->EmbedSentences(texts).value();
  const std::vector<TokenVectors> tokens = embedder->EmbedTokens(texts).value();
  ASSERT_EQ(together.size(), texts.size());
  EXPECT_EQ(together.truncated, 1u);
  EXPECT_TRUE(tokens.back().truncated);
  EXPECT_EQ(tokens.back().ids.size(), 62u);
  EXPECT_TRUE(tokens.front().ids.empty());
  for (size_t i = 0; i < texts.size(); i += 9) {
    const std::vector<std::string> alone = {texts[i]};
    ExpectNear(together[i], embedder->EmbedSentences(alone).value()[0]);
    const TokenVectors alone_tokens = embedder->EmbedTokens(alone).value()[0];
    EXPECT_EQ(tokens[i].ids, alone_tokens.ids);
    ExpectNear(tokens[i].values, alone_tokens.values);
    double squares = 0;
    for (const float value : together[i]) squares += value * value;
    EXPECT_NEAR(squares, 1, 1e-5);
  }
  EXPECT_EQ(embedder->EmbedSentences({}).value().size(), 0u);
  EXPECT_EQ(embedder->info().pooling, "mean");
  EXPECT_EQ(embedder->info().token_layer, 2);
  EXPECT_EQ(embedder->info().max_tokens, 64);
}

TEST(LocalEmbedderTest, TheTokenLayerIsChecked) {
  const auto first = LoadLocalEmbedder(kGoldens + "/tiny_bert", "tiny", 1, at::kCPU).value();
  const auto last = LoadLocalEmbedder(kGoldens + "/tiny_bert", "tiny", 2, at::kCPU).value();
  const std::vector<std::string> text = {"the beach"};
  EXPECT_NE(first->EmbedTokens(text).value()[0].values, last->EmbedTokens(text).value()[0].values);
  EXPECT_THAT(LoadLocalEmbedder(kGoldens + "/tiny_bert", "tiny", 3, at::kCPU).error().message,
              HasSubstr("token layer: expected 1 to 2 or 0 for the last, found 3"));
}

TEST(LocalEmbedderTest, TextsAndImagesShareASpace) {
  const auto embedder =
      LoadLocalImageTextEmbedder(kGoldens + "/tiny_clip", "tiny", at::kCPU).value();
  std::vector<RgbImage> images;
  for (int i = 0; i < 20; ++i) {
    images.push_back(
        {40 + i, 33,
         std::vector<uint8_t>(static_cast<size_t>(40 + i) * 33 * 3, static_cast<uint8_t>(11 * i))});
  }
  std::vector<const RgbImage*> pointers;
  for (const RgbImage& image : images) pointers.push_back(&image);
  const Vectors together = embedder->EmbedImages(pointers).value();
  ASSERT_EQ(together.size(), images.size());
  const std::vector<const RgbImage*> last = {pointers.back()};
  ExpectNear(together[19], embedder->EmbedImages(last).value()[0]);
  const std::vector<std::string> texts = ManyTexts();
  const Vectors vectors = embedder->EmbedTexts(texts).value();
  EXPECT_EQ(vectors.dimensions, together.dimensions);
  EXPECT_EQ(vectors.size(), texts.size());
  EXPECT_GT(vectors.truncated, 0u);

  const RgbImage strip{2000, 3, std::vector<uint8_t>(18000)};
  const std::vector<const RgbImage*> with_strip = {&images[0], &strip};
  EXPECT_THAT(embedder->EmbedImages(with_strip).error().message,
              HasSubstr("picture of 2000x3 pixels"));
}

TEST(LocalEmbedderTest, WrongKindsOfModelAreNamed) {
  EXPECT_THAT(LoadLocalEmbedder(kGoldens + "/tiny_clip", "x", 0, at::kCPU).error().message,
              HasSubstr("model_type: expected \"bert\""));
  EXPECT_THAT(LoadLocalImageTextEmbedder(kGoldens + "/tiny_bert", "x", at::kCPU).error().message,
              HasSubstr("model_type: expected \"clip\""));
}

}  // namespace
}  // namespace gre
