#pragma once

#include <cstdint>

#include "core/result.h"
#include "image/image.h"

namespace gre {

struct ImageSize {
  int width = 0;
  int height = 0;

  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

enum class ResizeFilter {
  kBilinear,  // triangle, support 1
  kBicubic,   // Keys with a = -0.5, support 2
};

// Antialiased separable resampling, byte for byte what Pillow 13's Image.resize gives for 8-bit
// RGB: the filter is stretched by the reduction factor, weights are 22-bit fixed-point numbers, and
// the picture between the two passes is rounded to bytes. `image` must not be empty and `size` must
// be positive (programmer error). Thread-safe.
RgbImage Resize(const RgbImage& image, ImageSize size, ResizeFilter filter);

// Qwen2-VL's limits on the size of a prepared picture ("smart_resize" in its image processor).
struct SmartResizeOptions {
  int factor = 28;                // both sides become multiples of it: patch_size * merge_size
  int64_t min_pixels = 3136;      // 56^2
  int64_t max_pixels = 12845056;  // preprocessor_config.json; never fewer than factor^2
  // Newer processors lift a first rounding of 0 to `factor`; transformers 4.57 does not.
  bool clamp_first_rounding = false;
};

inline constexpr int kMaxAspectRatio = 200;

// The size a photo is resized to before patching: close to its own, aspect ratio kept within
// rounding, area within the limits. kInvalidInput when one side is more than kMaxAspectRatio times
// the other or the result would have no pixels.
Result<ImageSize> SmartResize(ImageSize photo, const SmartResizeOptions& options = {});

}  // namespace gre
