#include "training/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "image/decode.h"
#include "image/encode.h"
#include "image/resize.h"

namespace gre {
namespace {

uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

RgbImage Crop(const RgbImage& photo, int left, int top, int width, int height) {
  RgbImage crop{width, height, {}};
  crop.pixels.reserve(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (int y = top; y < top + height; ++y) {
    const auto row =
        photo.Row(y).subspan(static_cast<size_t>(left) * 3, static_cast<size_t>(width) * 3);
    crop.pixels.insert(crop.pixels.end(), row.begin(), row.end());
  }
  return crop;
}

// A random box of random area and shape (3:4 to 4:3 relative to the photo's own).
RgbImage RandomCrop(const RgbImage& photo, const AugmentOptions& options, Random& random) {
  const bool cut = random.Uniform() < options.edge_cut_probability;
  const int usable =
      std::max(1, static_cast<int>(photo.height * (cut ? 1 - options.edge_cut_share : 1)));
  const double area = random.Uniform(options.crop_min_area, 1.0);
  const double shape = std::exp(random.Uniform(std::log(3.0 / 4), std::log(4.0 / 3)) / 2);
  const int width =
      std::clamp(static_cast<int>(photo.width * std::sqrt(area) * shape), 1, photo.width);
  const int height = std::clamp(static_cast<int>(usable * std::sqrt(area) / shape), 1, usable);
  const auto below = [&](int bound) {
    return static_cast<int>(random.Below(static_cast<uint64_t>(bound) + 1));
  };
  const int left = below(photo.width - width);
  return Crop(photo, left, below(usable - height), width, height);
}

void Mirror(RgbImage& image) {
  for (int y = 0; y < image.height; ++y) {
    uint8_t* row =
        image.pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(image.width) * 3;
    for (int left = 0, right = image.width - 1; left < right; ++left, --right) {
      std::swap_ranges(row + left * 3, row + left * 3 + 3, row + right * 3);
    }
  }
}

// Brightness, contrast around the mean, saturation and white balance in one pass.
void ShiftColours(RgbImage& image, const AugmentOptions& options, Random& random) {
  const auto factor = [&](double strength) { return 1 + random.Uniform(-strength, strength); };
  const double brightness = factor(options.colour_strength);
  const double contrast = factor(options.colour_strength);
  const double saturation = factor(options.colour_strength);
  std::array<double, 3> gain{};
  for (double& value : gain) {
    value = brightness * factor(options.white_balance_strength);
  }
  const double kept_colour = random.Uniform() < options.grey_probability ? 0 : saturation;
  double sum = 0;
  for (uint8_t value : image.pixels) {
    sum += value;
  }
  const double mean = sum / static_cast<double>(image.pixels.size());
  for (size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    uint8_t* pixel = image.pixels.data() + i;
    const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    for (size_t c = 0; c < 3; ++c) {
      const double coloured = grey + (pixel[c] - grey) * kept_colour;
      pixel[c] = ToByte((mean + (coloured - mean) * contrast) * gain[c]);
    }
  }
}

// Gaussian, separable, edges repeated.
void Blur(RgbImage& image, double sigma) {
  const int radius = std::max(1, static_cast<int>(std::ceil(2.5 * sigma)));
  std::vector<float> kernel;
  float total = 0;
  for (int i = -radius; i <= radius; ++i) {
    kernel.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
    total += kernel.back();
  }
  std::ranges::for_each(kernel, [&](float& weight) { weight /= total; });
  const int width = image.width, height = image.height;
  const auto pass = [&](int step_x, int step_y) {
    const std::vector<uint8_t> source = image.pixels;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        std::array<float, 3> sum{};
        for (int i = -radius; i <= radius; ++i) {
          const int sx = std::clamp(x + i * step_x, 0, width - 1);
          const int sy = std::clamp(y + i * step_y, 0, height - 1);
          const uint8_t* pixel = &source[static_cast<size_t>(sy * width + sx) * 3];
          for (size_t c = 0; c < 3; ++c) {
            sum[c] += kernel[static_cast<size_t>(i + radius)] * pixel[c];
          }
        }
        for (size_t c = 0; c < 3; ++c) {
          image.pixels[static_cast<size_t>(y * width + x) * 3 + c] = ToByte(sum[c]);
        }
      }
    }
  };
  pass(1, 0);
  pass(0, 1);
}

}  // namespace

Result<RgbImage> AugmentedView(const RgbImage& photo, int size, bool mirrored,
                               const AugmentOptions& options, Random& random) {
  RgbImage view = Resize(RandomCrop(photo, options, random), {size, size}, ResizeFilter::kBilinear);
  if (mirrored) {
    Mirror(view);
  }
  ShiftColours(view, options, random);
  if (random.Uniform() < options.blur_probability) {
    Blur(view, random.Uniform(0.4, std::max(0.4, options.blur_max_sigma)));
  }
  if (random.Uniform() < options.noise_probability) {
    const double sigma = random.Uniform(0, options.noise_max_sigma);
    for (uint8_t& value : view.pixels) {
      value = ToByte(value + sigma * random.Normal());
    }
  }
  if (random.Uniform() < options.compression_probability) {
    const int span = 86 - options.compression_min_quality;
    const int quality = options.compression_min_quality +
                        static_cast<int>(random.Below(static_cast<uint64_t>(span)));
    GRE_ASSIGN_OR_RETURN(const std::string jpeg, EncodeJpeg(view, quality));
    GRE_ASSIGN_OR_RETURN(view, DecodeImage(jpeg, "augmented view"));
  }
  return view;
}

}  // namespace gre
