#include "dataset/check/photo_look.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "image/decode.h"
#include "image/metadata.h"
#include "image/perceptual_hash.h"
#include "image/resize.h"

namespace gre {
namespace {

// At most `side` pixels wide and high.
RgbImage Reduced(const RgbImage& image, int side) {
  const int longest = std::max(image.width, image.height);
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(int64_t{length} * side / longest));
  };
  return Resize(image, {scaled(image.width), scaled(image.height)}, ResizeFilter::kBilinear);
}

std::vector<uint8_t> Luma(const RgbImage& image) {
  std::vector<uint8_t> luma(image.pixels.size() / 3);
  for (size_t i = 0; i < luma.size(); ++i) {
    const uint8_t* pixel = &image.pixels[3 * i];
    luma[i] = static_cast<uint8_t>((299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) / 1000);
  }
  return luma;
}

}  // namespace

DrawnShares MeasureDrawn(const RgbImage& picture) {
  constexpr int kMaxSide = 1024;
  constexpr int kBlock = 8;
  constexpr int kFlatSpan = 2;
  constexpr size_t kTones = 16;
  if (std::max(picture.width, picture.height) > kMaxSide) {
    return MeasureDrawn(Reduced(picture, kMaxSide));
  }
  const std::vector<uint8_t> luma = Luma(picture);
  const auto at = [&](int x, int y) {
    return luma[static_cast<size_t>(y) * static_cast<size_t>(picture.width) +
                static_cast<size_t>(x)];
  };
  size_t blocks = 0;
  size_t flat = 0;
  for (int top = 0; top + kBlock <= picture.height; top += kBlock) {
    for (int left = 0; left + kBlock <= picture.width; left += kBlock) {
      int low = 255;
      int high = 0;
      for (int y = top; y < top + kBlock; ++y) {
        for (int x = left; x < left + kBlock; ++x) {
          low = std::min<int>(low, at(x, y));
          high = std::max<int>(high, at(x, y));
        }
      }
      ++blocks;
      flat += high - low <= kFlatSpan ? 1 : 0;
    }
  }
  std::array<size_t, 256> levels = {};
  for (const uint8_t level : luma) ++levels[level];
  std::ranges::sort(levels, std::greater());
  const size_t tones = std::accumulate(levels.begin(), levels.begin() + kTones, size_t{0});
  return {static_cast<double>(flat) / static_cast<double>(std::max<size_t>(blocks, 1)),
          static_cast<double>(tones) / static_cast<double>(luma.size())};
}

PhotoLook LookAtPhoto(std::string_view bytes, std::string_view name, FaceDetector* faces) {
  PhotoLook look;
  for (const std::string& key : PrivateMetadataKeys(bytes)) {
    if (!look.private_keys.empty()) look.private_keys += ", ";
    look.private_keys += key;
  }
  const Result<RgbImage> image = DecodeImage(bytes, name);
  if (!image.ok()) {
    look.error = image.error().message;
    return look;
  }
  look.width = image->width;
  look.height = image->height;
  look.hash = PerceptualHash(*image);
  look.drawn = MeasureDrawn(*image);
  if (faces != nullptr) {
    // a face that covers half of a picture is found at this size
    constexpr int kFaceSide = 480;
    const RgbImage small =
        std::max(image->width, image->height) > kFaceSide ? Reduced(*image, kFaceSide) : *image;
    // a detector that fails on a picture has not looked at it
    if (const auto found = faces->Detect(small); found.ok()) {
      look.face_share = LargestFaceShare(small, *found);
    }
  }
  return look;
}

}  // namespace gre
