#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "image/image.h"
#include "image/patches.h"
#include "image/resize.h"
#include "model/layers/encoder_layer.h"

namespace gre {

struct ClipTextConfig {
  EncoderLayerConfig layer;
  int64_t num_layers = 0;
  int64_t vocab_size = 0;
  int64_t max_positions = 0;
  int64_t eos_token_id = 0;
};

struct ClipVisionConfig {
  EncoderLayerConfig layer;
  int64_t num_layers = 0;
  int64_t image_size = 0;  // pixels, a square
  int64_t patch_size = 0;  // pixels, divides image_size

  [[nodiscard]] int64_t num_patches() const {
    return (image_size / patch_size) * (image_size / patch_size);
  }
};

// config.json of a CLIP model (arXiv 2103.00020). Fields that it leaves out have the values of
// transformers' CLIPConfig (ViT-B/32).
struct ClipConfig {
  ClipTextConfig text;
  ClipVisionConfig vision;
  int64_t projection_size = 0;
};

// How a picture is prepared (preprocessor_config.json).
struct ClipProcessorConfig {
  int64_t shortest_edge = 0;  // pixels, after resizing; 0: both sides become image_size
  ResizeFilter filter = ResizeFilter::kBicubic;
  PatchSpec patches;  // mean, deviation, patch size
};

template <typename Config>
struct ClipReading {
  Config config;
  std::vector<std::string> problems;  // a line for each wrong field
};

Result<ClipReading<ClipConfig>> ParseClipConfig(std::string_view json);
// An empty `json` means no file.
Result<ClipReading<ClipProcessorConfig>> ParseClipProcessorConfig(std::string_view json,
                                                                  const ClipVisionConfig& vision);

// The square that the vision tower sees: resized so that the shorter side is shortest_edge (the
// longer one rounded down), then cut out of the middle. `image` must not be empty; kInvalidInput
// when one side is more than kMaxAspectRatio times the other.
Result<RgbImage> PrepareClipImage(const RgbImage& image, const ClipVisionConfig& vision,
                                  const ClipProcessorConfig& processor);

}  // namespace gre
