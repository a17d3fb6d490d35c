#pragma once

#include <string>

#include "core/result.h"
#include "image/image.h"

namespace gre {

// Baseline JPEG, 4:2:0, quality 1..100. The bytes carry pixels only: no EXIF, no GPS, no profile.
// Thread-safe.
Result<std::string> EncodeJpeg(const RgbImage& image, int quality = 90);
// 8-bit RGB PNG, likewise without metadata.
Result<std::string> EncodePng(const RgbImage& image);

}  // namespace gre
