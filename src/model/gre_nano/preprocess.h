#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "image/image.h"

namespace gre {

// (value - 127) / 128, the scale that EfficientNet-Lite was trained with: float32
// [1, 3, height, width] in channels-last memory.
at::Tensor NormalisedPixels(const RgbImage& image);

// What gre-nano sees of a photo: all of it, squeezed to a square of `size` pixels, normalised.
at::Tensor PreparePixels(const RgbImage& image, int64_t size);

}  // namespace gre
