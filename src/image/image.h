#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gre {

// An upright sRGB picture, 8 bits a channel, rows top to bottom, interleaved R, G, B without
// padding. This is what decoding yields and what every consumer starts from.
struct RgbImage {
  int width = 0;                // pixels
  int height = 0;               // pixels
  std::vector<uint8_t> pixels;  // [height, width, 3]

  [[nodiscard]] std::span<const uint8_t> Row(int y) const {
    return std::span(pixels).subspan(static_cast<size_t>(y) * static_cast<size_t>(width) * 3,
                                     static_cast<size_t>(width) * 3);
  }
};

}  // namespace gre
