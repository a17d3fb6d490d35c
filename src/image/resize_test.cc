#include "image/resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "image/resample_kernels.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

RgbImage Noise(int width, int height, uint64_t seed) {
  RgbImage image{width, height, std::vector<uint8_t>(static_cast<size_t>(width) * height * 3)};
  Random random(seed);
  for (uint8_t& value : image.pixels) {
    value = static_cast<uint8_t>(random.Below(256));
  }
  return image;
}

TEST(ResizeTest, SameSizeIsTheSamePicture) {
  const RgbImage image = Noise(13, 7, 1);
  EXPECT_EQ(Resize(image, {13, 7}, ResizeFilter::kBicubic).pixels, image.pixels);
}

// Property: weights sum to one, so a flat picture stays flat whatever the sizes.
TEST(ResizeTest, FlatPictureStaysFlat) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const int width = 1 + static_cast<int>(random.Below(70));
    const int height = 1 + static_cast<int>(random.Below(70));
    const auto level = static_cast<uint8_t>(random.Below(256));
    const RgbImage flat{width, height,
                        std::vector<uint8_t>(static_cast<size_t>(width) * height * 3, level)};
    const ImageSize size{1 + static_cast<int>(random.Below(70)),
                         1 + static_cast<int>(random.Below(70))};
    for (const ResizeFilter filter : {ResizeFilter::kBilinear, ResizeFilter::kBicubic}) {
      const RgbImage resized = Resize(flat, size, filter);
      ASSERT_EQ(resized.pixels.size(), static_cast<size_t>(size.width) * size.height * 3);
      for (const uint8_t value : resized.pixels) {
        ASSERT_EQ(value, level) << width << "x" << height << " -> " << size.width << "x"
                                << size.height;
      }
    }
  }
}

// Property: the filters are symmetric, so mirroring commutes with resizing (the vector loops and
// their tails agree).
TEST(ResizeTest, MirroringCommutes) {
  const auto mirror = [](RgbImage image) {
    for (int y = 0; y < image.height; ++y) {
      uint8_t* row = image.pixels.data() + static_cast<size_t>(y) * image.width * 3;
      for (int x = 0; x < image.width / 2; ++x) {
        std::swap_ranges(row + 3 * x, row + 3 * x + 3, row + 3 * (image.width - 1 - x));
      }
    }
    return image;
  };
  const RgbImage image = Noise(61, 45, 3);
  for (const ImageSize size : {ImageSize{20, 33}, ImageSize{97, 11}, ImageSize{1, 1}}) {
    EXPECT_EQ(Resize(mirror(image), size, ResizeFilter::kBicubic).pixels,
              mirror(Resize(image, size, ResizeFilter::kBicubic)).pixels);
  }
}

TEST(ResizeTest, FastAndPortableKernelsAgree) {
  Random random(7);
  for (int round = 0; round < 40; ++round) {
    const int width = 1 + static_cast<int>(random.Below(60));
    const int height = 1 + static_cast<int>(random.Below(20));
    const RgbImage image = Noise(width, height, round);
    ResampleTaps taps;  // any weights that cannot overflow
    const auto make_taps = [&](int inputs) {
      taps = {.count = 6, .first = {}, .used = {}, .weights = {}};
      for (int i = 0; i < 37; ++i) {
        const int used = std::min(inputs, 1 + static_cast<int>(random.Below(6)));
        taps.used.push_back(used);
        taps.first.push_back(static_cast<int>(random.Below(inputs - used + 1)));
        for (int k = 0; k < 6; ++k) {
          const auto weight = static_cast<int32_t>(random.Below(1 << 22)) - (1 << 20);
          taps.weights.push_back(k < used ? weight / 3 : 0);
        }
      }
    };
    make_taps(width);
    std::vector<uint8_t> fast(37 * 3 * static_cast<size_t>(height) + 1);
    std::vector<uint8_t> portable = fast;
    SelectResampleKernels().columns(image.pixels.data(), height, width, taps, fast.data());
    PortableResampleKernels().columns(image.pixels.data(), height, width, taps, portable.data());
    fast.back() = portable.back();  // the byte of slack
    ASSERT_EQ(fast, portable);
    make_taps(height);
    const size_t stride = static_cast<size_t>(width) * 3;
    fast.assign(37 * stride, 0);
    portable.assign(37 * stride, 0);
    SelectResampleKernels().rows(image.pixels.data(), stride, taps, fast.data());
    PortableResampleKernels().rows(image.pixels.data(), stride, taps, portable.data());
    ASSERT_EQ(fast, portable);
  }
}

TEST(SmartResizeTest, RejectsStripesAndNothing) {
  const Result<ImageSize> stripe = SmartResize({2010, 10});
  ASSERT_FALSE(stripe.ok());
  EXPECT_EQ(stripe.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(stripe.error().message, HasSubstr("2010x10"));
  EXPECT_THAT(stripe.error().message, HasSubstr("more than 200 times"));
  EXPECT_TRUE(SmartResize({2000, 10}).ok());
  EXPECT_FALSE(SmartResize({0, 10}).ok());
}

TEST(SmartResizeTest, FirstRoundingVariant) {
  SmartResizeOptions options;
  EXPECT_EQ(*SmartResize({7, 150}, options), (ImageSize{28, 280}));
  options.clamp_first_rounding = true;
  EXPECT_EQ(*SmartResize({7, 150}, options), (ImageSize{28, 140}));
}

}  // namespace
}  // namespace gre
