#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/check.h"
#include "image/simd.h"

namespace gre {
namespace {

// GCC and clang vector types; built for AVX2 and for the baseline by GRE_SIMD_CLONES.
typedef uint8_t Bytes4 __attribute__((vector_size(4)));
typedef uint8_t Bytes8 __attribute__((vector_size(8)));
typedef int32_t Ints4 __attribute__((vector_size(16)));
typedef int32_t Ints8 __attribute__((vector_size(32)));

constexpr int kWeightBits = 22;  // 32 - 8 bits of pixel - 2 bits for overshoot
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

double FilterValue(ResizeFilter filter, double x) {
  x = std::abs(x);
  if (filter == ResizeFilter::kBilinear) {
    return x < 1 ? 1 - x : 0;
  }
  constexpr double a = -0.5;
  if (x < 1) {
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  }
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// For each output position the first input it reads and its fixed-point weights.
struct Taps {
  int count = 0;                 // weights an output; unused ones are 0
  std::vector<int> first;        // [outputs]
  std::vector<int> used;         // [outputs], at most `count`
  std::vector<int32_t> weights;  // [outputs, count]
};

Taps ComputeTaps(int in_size, int out_size, ResizeFilter filter) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double stretch = std::max(scale, 1.0);
  const double support = (filter == ResizeFilter::kBicubic ? 2.0 : 1.0) * stretch;
  Taps taps;
  taps.count = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.count += taps.count % 2;  // the horizontal pass reads pairs
  taps.weights.resize(static_cast<size_t>(out_size) * static_cast<size_t>(taps.count));
  std::vector<double> row(static_cast<size_t>(taps.count));
  for (int out = 0; out < out_size; ++out) {
    const double center = (out + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), in_size);
    double sum = 0;
    for (int i = first; i < end; ++i) {
      row[i - first] = FilterValue(filter, (i - center + 0.5) * (1.0 / stretch));
      sum += row[i - first];
    }
    int32_t* weights = taps.weights.data() + static_cast<size_t>(out) * taps.count;
    for (int i = 0; i < end - first; ++i) {
      const double weight = sum != 0 ? row[i] / sum : row[i];
      weights[i] = static_cast<int32_t>(weight * (1 << kWeightBits) + (weight < 0 ? -0.5 : 0.5));
    }
    taps.first.push_back(first);
    taps.used.push_back(end - first);
  }
  return taps;
}

// Columns: in [rows, in_width, 3] -> out [rows, out_width, 3]. `out` has one byte of slack.
GRE_SIMD_CLONES void ResampleColumns(const uint8_t* in, int rows, int in_width, const Taps& taps,
                                     uint8_t* out) {
  const int out_width = static_cast<int>(taps.first.size());
  // Each weight four times, for the lanes R, G, B and an unused one.
  std::vector<int32_t> wide(taps.weights.size() * 4);
  for (size_t i = 0; i < wide.size(); ++i) {
    wide[i] = taps.weights[i / 4];
  }
  std::vector<uint8_t> padded((static_cast<size_t>(in_width) + 2) * 4);  // one row as R, G, B, 0
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < in_width; ++x, in += 3) {
      padded[4 * static_cast<size_t>(x)] = in[0];
      padded[4 * static_cast<size_t>(x) + 1] = in[1];
      padded[4 * static_cast<size_t>(x) + 2] = in[2];
    }
    for (int x = 0; x < out_width; ++x, out += 3) {
      const uint8_t* pixels = padded.data() + 4 * static_cast<size_t>(taps.first[x]);
      const int32_t* weights = wide.data() + static_cast<size_t>(x) * taps.count * 4;
      Ints8 sums = {kHalf, kHalf, kHalf, 0, 0, 0, 0, 0};
      for (int i = 0; i < taps.used[x]; i += 2, pixels += 8, weights += 8) {
        Bytes8 two_pixels;
        Ints8 two_weights;
        std::memcpy(&two_pixels, pixels, sizeof(two_pixels));
        std::memcpy(&two_weights, weights, sizeof(two_weights));
        sums += __builtin_convertvector(two_pixels, Ints8) * two_weights;
      }
      Ints4 low;
      Ints4 high;
      std::memcpy(&low, &sums, sizeof(low));
      std::memcpy(&high, reinterpret_cast<const char*>(&sums) + sizeof(low), sizeof(high));
      Ints4 value = (low + high) >> kWeightBits;
      value = value < 0 ? Ints4{} : value;
      value = value > 255 ? Ints4{} + 255 : value;
      const Bytes4 bytes = __builtin_convertvector(value, Bytes4);
      std::memcpy(out, &bytes, sizeof(bytes));  // the fourth byte is overwritten by the next pixel
    }
  }
}

// Rows: in [in_height, stride] -> out [out_height, stride], stride = bytes a row.
GRE_SIMD_CLONES void ResampleRows(const uint8_t* in, size_t stride, const Taps& taps,
                                  uint8_t* out) {
  constexpr size_t kBlock = 16;
  for (size_t y = 0; y < taps.first.size(); ++y, out += stride) {
    const uint8_t* top = in + static_cast<size_t>(taps.first[y]) * stride;
    const int32_t* weights = taps.weights.data() + y * static_cast<size_t>(taps.count);
    const int used = taps.used[y];
    size_t x = 0;
    for (; x + kBlock <= stride; x += kBlock) {
      Ints8 left = Ints8{} + kHalf;
      Ints8 right = left;
      const uint8_t* column = top + x;
      for (int i = 0; i < used; ++i, column += stride) {
        Bytes8 bytes[2];
        std::memcpy(bytes, column, sizeof(bytes));
        left += __builtin_convertvector(bytes[0], Ints8) * weights[i];
        right += __builtin_convertvector(bytes[1], Ints8) * weights[i];
      }
      left >>= kWeightBits;
      right >>= kWeightBits;
      left = left < 0 ? Ints8{} : left;
      right = right < 0 ? Ints8{} : right;
      left = left > 255 ? Ints8{} + 255 : left;
      right = right > 255 ? Ints8{} + 255 : right;
      const Bytes8 bytes[2] = {__builtin_convertvector(left, Bytes8),
                               __builtin_convertvector(right, Bytes8)};
      std::memcpy(out + x, bytes, sizeof(bytes));
    }
    for (; x < stride; ++x) {
      int32_t sum = kHalf;
      for (int i = 0; i < used; ++i) {
        sum += top[static_cast<size_t>(i) * stride + x] * weights[i];
      }
      out[x] = static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
    }
  }
}

RgbImage ResizeColumns(const RgbImage& image, int width, ResizeFilter filter) {
  if (width == image.width) {
    return image;
  }
  const size_t bytes = static_cast<size_t>(width) * static_cast<size_t>(image.height) * 3;
  RgbImage result{width, image.height, std::vector<uint8_t>(bytes + 1)};
  ResampleColumns(image.pixels.data(), image.height, image.width,
                  ComputeTaps(image.width, width, filter), result.pixels.data());
  result.pixels.pop_back();
  return result;
}

RgbImage ResizeRows(const RgbImage& image, int height, ResizeFilter filter) {
  if (height == image.height) {
    return image;
  }
  const size_t stride = static_cast<size_t>(image.width) * 3;
  RgbImage result{image.width, height, std::vector<uint8_t>(stride * static_cast<size_t>(height))};
  ResampleRows(image.pixels.data(), stride, ComputeTaps(image.height, height, filter),
               result.pixels.data());
  return result;
}

}  // namespace

RgbImage Resize(const RgbImage& image, ImageSize size, ResizeFilter filter) {
  GRE_CHECK(image.width > 0 && image.height > 0 && size.width > 0 && size.height > 0);
  GRE_CHECK(image.pixels.size() == static_cast<size_t>(image.width) * image.height * 3);
  // Both orders round the picture between the passes, so the choice shows; this is Pillow 13's
  // (found by trial over many sizes).
  const int fewer_rows = image.height - size.height;
  const int fewer_columns = image.width - size.width;
  if (fewer_rows > 0 && fewer_rows > 2 * fewer_columns) {
    return ResizeColumns(ResizeRows(image, size.height, filter), size.width, filter);
  }
  return ResizeRows(ResizeColumns(image, size.width, filter), size.height, filter);
}

Result<ImageSize> SmartResize(ImageSize photo, const SmartResizeOptions& options) {
  const auto reject = [&](const std::string& reason) {
    return Error{ErrorCode::kInvalidInput, "picture of " + std::to_string(photo.width) + "x" +
                                               std::to_string(photo.height) + " pixels: " + reason};
  };
  const double width = photo.width;
  const double height = photo.height;
  if (photo.width <= 0 || photo.height <= 0) {
    return reject("it has no pixels");
  }
  if (std::max(width, height) / std::min(width, height) > kMaxAspectRatio) {
    return reject("one side is more than " + std::to_string(kMaxAspectRatio) +
                  " times the other; crop it first");
  }
  const double factor = options.factor;
  // nearbyint: halves go to the even neighbour in the default rounding mode, as in Python.
  double new_width = std::nearbyint(width / factor) * factor;
  double new_height = std::nearbyint(height / factor) * factor;
  if (options.clamp_first_rounding) {
    new_width = std::max(new_width, factor);
    new_height = std::max(new_height, factor);
  }
  if (new_width * new_height > static_cast<double>(options.max_pixels)) {
    const double shrink = std::sqrt(width * height / static_cast<double>(options.max_pixels));
    new_width = std::max(factor, std::floor(width / shrink / factor) * factor);
    new_height = std::max(factor, std::floor(height / shrink / factor) * factor);
  } else if (new_width * new_height < static_cast<double>(options.min_pixels)) {
    const double grow = std::sqrt(static_cast<double>(options.min_pixels) / (width * height));
    new_width = std::ceil(width * grow / factor) * factor;
    new_height = std::ceil(height * grow / factor) * factor;
  }
  if (new_width < 1 || new_height < 1) {
    return reject("rounding to multiples of " + std::to_string(options.factor) +
                  " leaves no pixels");
  }
  return ImageSize{static_cast<int>(new_width), static_cast<int>(new_height)};
}

}  // namespace gre
