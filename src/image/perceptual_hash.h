#pragma once

#include <cstdint>
#include <optional>

#include "image/image.h"

namespace gre {

// 64 bits that stay nearly the same when a photo is scaled, recompressed or slightly retouched:
// the DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions"
// (2010), section 3.2.1 (pHash). Luma (BT.601) of the photo reduced to 32 x 32 with a triangle
// filter; of its two-dimensional DCT-II the 8 x 8 coefficients at frequencies 1 to 8 both ways, row
// by row; bit 8 v + u is 1 where coefficient (u + 1, v + 1) lies above the median of the 64. Photos
// are alike by the number of bits in which their hashes differ; mirrored, turned and strongly
// cropped ones are not found. nullopt for a blank picture (the reduced luma deviates less than one
// grey level from its mean), whose bits would be noise. Thread-safe.
std::optional<uint64_t> PerceptualHash(const RgbImage& image);

}  // namespace gre
