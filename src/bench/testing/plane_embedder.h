#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "generation/embedder.h"

namespace gre {

// Texts and photos as points in a plane: "east" and "north" are its axes, other words between them.
inline std::vector<float> Direction(const std::string& text) {
  if (text.find("east") != std::string::npos) return {1, 0};
  if (text.find("north") != std::string::npos) return {0, 1};
  return {0.6F, 0.8F};
}

inline Vectors Directions(std::span<const std::string> texts) {
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

inline RgbImage WhitePhoto() { return {2, 2, std::vector<uint8_t>(12, 255)}; }

}  // namespace gre
