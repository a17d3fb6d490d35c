#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "image/image.h"

namespace gre {

// What vectors come from; goes into the manifest of whatever was computed with them.
struct EmbedderInfo {
  std::string model;        // directory name or hub name
  int64_t dimensions = 0;   // of sentence, text and image vectors
  int64_t max_tokens = 0;   // of one text, begin and end included; the rest is cut off
  int64_t token_layer = 0;  // whose states are the token vectors; 0 where there are none
  std::string pooling;      // "mean", "first_token"; empty where there is no choice
};

// Unit vectors of texts or images.
struct Vectors {
  int64_t dimensions = 0;
  std::vector<float> values;  // [count, dimensions]
  size_t truncated = 0;       // how many of the texts did not fit into max_tokens

  [[nodiscard]] size_t size() const {
    return dimensions == 0 ? 0 : values.size() / static_cast<size_t>(dimensions);
  }
  [[nodiscard]] std::span<const float> operator[](size_t index) const {
    const auto width = static_cast<size_t>(dimensions);
    return std::span(values).subspan(index * width, width);
  }
};

// Contextual vectors of one text's tokens without the model's begin and end tokens; not normalised.
// Empty for an empty text.
struct TokenVectors {
  std::vector<int32_t> ids;
  int64_t dimensions = 0;
  std::vector<float> values;  // [ids.size(), dimensions]
  bool truncated = false;     // the end of the text did not fit into max_tokens

  [[nodiscard]] std::span<const float> operator[](size_t index) const {
    const auto width = static_cast<size_t>(dimensions);
    return std::span(values).subspan(index * width, width);
  }
};

// Turns texts into vectors: the seam between scoring chains and the language encoder that does it.
// Results come in the order of the texts and do not depend on what else is in the call (up to the
// last digits of float32). One call at a time per object.
class Embedder {
 public:
  virtual ~Embedder() = default;

  // One unit vector a text: the model's pooling, then L2-normalised.
  virtual Result<Vectors> EmbedSentences(std::span<const std::string> texts) = 0;
  // What BERTScore matches.
  virtual Result<std::vector<TokenVectors>> EmbedTokens(std::span<const std::string> texts) = 0;

  [[nodiscard]] virtual const EmbedderInfo& info() const = 0;
};

// Turns texts and images into unit vectors of one space (CLIP). One call at a time per object.
class ImageTextEmbedder {
 public:
  virtual ~ImageTextEmbedder() = default;

  virtual Result<Vectors> EmbedTexts(std::span<const std::string> texts) = 0;
  // Upright pixels; none may be empty.
  virtual Result<Vectors> EmbedImages(std::span<const RgbImage* const> images) = 0;

  [[nodiscard]] virtual const EmbedderInfo& info() const = 0;
};

}  // namespace gre
