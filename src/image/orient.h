#pragma once

#include "image/image.h"

namespace gre {

// Turns stored pixels upright by the EXIF orientation code (TIFF tag 0x0112): 1 as is, 2 mirrored,
// 3 half turn, 4 flipped, 5 transposed, 6 turned clockwise, 7 transposed over the other diagonal,
// 8 turned counter-clockwise. Other codes count as 1, as viewers do.
RgbImage ApplyOrientation(RgbImage image, int orientation);

}  // namespace gre
