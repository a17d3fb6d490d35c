#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "image/face_detector.h"
#include "image/image.h"

namespace gre {

// How much of a picture looks drawn: of its 8 x 8 pixel blocks the share whose luma spans at most 2
// of 255 levels, and of its pixels the share that the 16 most frequent of the 256 luma levels hold,
// both after it was reduced to at most 1,024 pixels a side. Photos have noise and many tones;
// screenshots, maps, diagrams and captions on plain ground have neither.
struct DrawnShares {
  double flat_share = 0;  // of blocks
  double tone_share = 0;  // of pixels
};
DrawnShares MeasureDrawn(const RgbImage& image);

// What is measured once on a photo's file (table looks, dataset/schema.cc).
struct PhotoLook {
  std::string error;             // why it cannot be read; empty: it can
  int width = 0, height = 0;     // upright, pixels
  std::optional<uint64_t> hash;  // image/perceptual_hash.h; nullopt: unreadable or blank
  DrawnShares drawn;
  std::optional<double> face_share;  // of the largest face; nullopt: not looked for
  std::string private_keys;          // "gps, thumbnail" (image/metadata.h)
};

// Never fails: what is wrong with the file stands in `error`. `faces` may be null. Thread-safe with
// a detector a thread.
PhotoLook LookAtPhoto(std::string_view bytes, std::string_view name, FaceDetector* faces);

}  // namespace gre
