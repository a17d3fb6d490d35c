#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "image/image.h"
#include "model/clip/config.h"
#include "model/clip/network.h"
#include "model/model_report.h"
#include "tokenizer/clip_tokenizer.h"

namespace gre {

// A CLIP model read from a Hugging Face directory: config.json, preprocessor_config.json,
// model.safetensors, tokenizer files. Runs in float32. Immutable and thread-safe; LibTorch
// exceptions may leave every function.
class ClipModel {
 public:
  // The error names every file, field or tensor that is wrong, with the expected and the found.
  static Result<std::unique_ptr<ClipModel>> Load(const std::string& directory, at::Device device);
  // What Load would find, without loading.
  static ModelReport Inspect(const std::string& directory);

  // Ids of one text, begin and end included, at most max_tokens().
  [[nodiscard]] TokenizedText Tokenize(std::string_view text) const;
  // Unit vectors [texts, projection_size].
  [[nodiscard]] at::Tensor TextVectors(std::span<const TokenizedText> texts) const;
  // The square that the vision tower sees of a photo; errors as PrepareClipImage.
  [[nodiscard]] Result<RgbImage> Prepare(const RgbImage& image) const;
  // Unit vectors [images, projection_size] of prepared images.
  [[nodiscard]] at::Tensor ImageVectors(std::span<const RgbImage> prepared) const;

  [[nodiscard]] int64_t projection_size() const { return config_.projection_size; }
  [[nodiscard]] int64_t max_tokens() const { return config_.text.max_positions; }

 private:
  ClipModel(ClipConfig config, ClipProcessorConfig processor, ClipTokenizer tokenizer,
            ClipNetwork network, at::Device device);

  ClipConfig config_;
  ClipProcessorConfig processor_;
  ClipTokenizer tokenizer_;
  ClipNetwork network_;
  at::Device device_;
};

}  // namespace gre
