#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "image/image.h"

namespace gre {

// Checked against the file's header before any pixel is decoded; 0 is no limit anywhere.
struct DecodeLimits {
  size_t max_file_bytes = size_t{256} << 20;
  int64_t max_pixels = 100'000'000;
  int max_side = 40'000;  // pixels
  int max_aspect = 200;   // long side / short side, SmartResize's own limit
};

// Reads JPEG, PNG, WebP, TIFF, HEIC, AVIF and GIF (first frame), told apart by content, and yields
// upright sRGB pixels: EXIF orientation applied, ICC profiles and CMYK converted, 16 bits reduced
// to 8, grey replicated, alpha laid over white.
//
// kInvalidInput with one line "NAME: reason" for anything else: no bytes, not a picture, an
// unsupported kind, a truncated or corrupt file (never half a picture), a limit exceeded. `name`
// only serves the message. Working memory stays near that of the result (plus, for formats that
// cannot be read row by row, one decoded copy). Thread-safe.
Result<RgbImage> DecodeImage(std::string_view bytes, std::string_view name,
                             const DecodeLimits& limits = {});

// The same for a regular file; kNotFound when it cannot be opened.
Result<RgbImage> DecodeImageFile(const std::string& path, const DecodeLimits& limits = {});

// What a picture's header says.
struct PictureHeader {
  std::string extension;      // usual for its content: "jpg", "png", "webp", "tif", "heif", "gif"
  int width = 0, height = 0;  // upright
};

// Reads the header alone: most damage is not seen. Refuses as DecodeImage does. Thread-safe.
Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view name,
                                        const DecodeLimits& limits = {});

}  // namespace gre
