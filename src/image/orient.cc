#include "image/orient.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace gre {

RgbImage ApplyOrientation(RgbImage image, int orientation) {
  if (orientation < 2 || orientation > 8) {
    return image;
  }
  const bool swap_sides = orientation >= 5;
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 ||
                        orientation == 8;  // in stored coordinates
  const bool mirror_y =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  RgbImage upright{swap_sides ? image.height : image.width, swap_sides ? image.width : image.height,
                   std::vector<uint8_t>(image.pixels.size())};
  // Steps in stored pixels for one step right and one step down in the upright picture.
  const ptrdiff_t stored_x = mirror_x ? -3 : 3;
  const ptrdiff_t stored_y = static_cast<ptrdiff_t>(image.width) * (mirror_y ? -3 : 3);
  const ptrdiff_t step_right = swap_sides ? stored_y : stored_x;
  const ptrdiff_t step_down = swap_sides ? stored_x : stored_y;
  const uint8_t* corner =
      image.pixels.data() +
      3 * (static_cast<ptrdiff_t>(mirror_y ? image.height - 1 : 0) * image.width +
           (mirror_x ? image.width - 1 : 0));
  constexpr int kTile = 32;  // keeps both sides of a transposition in the cache
  for (int tile_y = 0; tile_y < upright.height; tile_y += kTile) {
    for (int tile_x = 0; tile_x < upright.width; tile_x += kTile) {
      const int end_y = std::min(tile_y + kTile, upright.height);
      const int end_x = std::min(tile_x + kTile, upright.width);
      for (int y = tile_y; y < end_y; ++y) {
        const uint8_t* from = corner + y * step_down + tile_x * step_right;
        uint8_t* to =
            upright.pixels.data() + 3 * (static_cast<ptrdiff_t>(y) * upright.width + tile_x);
        for (int x = tile_x; x < end_x; ++x, from += step_right, to += 3) {
          to[0] = from[0];
          to[1] = from[1];
          to[2] = from[2];
        }
      }
    }
  }
  return upright;
}

}  // namespace gre
