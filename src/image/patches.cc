#include "image/patches.h"

#include <cstdint>
#include <cstring>

#include "core/check.h"

namespace gre {
namespace {

using ChannelTable = std::array<float, 256>;

std::array<ChannelTable, 3> NormalisationTables(const PatchSpec& spec) {
  std::array<ChannelTable, 3> tables;
  for (size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(spec.mean[c]);
    const auto std = static_cast<float>(spec.std[c]);
    for (size_t level = 0; level < 256; ++level) {
      const auto scaled = static_cast<float>(static_cast<double>(level) * (1.0 / 255));
      tables[c][level] = (scaled - mean) / std;
    }
  }
  return tables;
}

}  // namespace

size_t PatchFloats(const RgbImage& image, const PatchSpec& spec) {
  const int block = spec.patch_size * spec.merge_size;
  GRE_CHECK(image.width > 0 && image.height > 0);
  GRE_CHECK(image.width % block == 0 && image.height % block == 0);
  return static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * 3 *
         static_cast<size_t>(spec.temporal_patch_size);
}

void WritePatches(const RgbImage& image, const PatchSpec& spec, std::span<float> rows) {
  GRE_CHECK(rows.size() == PatchFloats(image, spec));
  const std::array<ChannelTable, 3> tables = NormalisationTables(spec);
  const auto patch = static_cast<size_t>(spec.patch_size);
  const size_t frame = patch * patch;
  const size_t block = patch * static_cast<size_t>(spec.merge_size);
  const size_t stride = static_cast<size_t>(image.width) * 3;
  float* out = rows.data();
  // `corner` is the first pixel of a patch; patches are written in the order of the rows.
  const auto write_patch = [&](const uint8_t* corner) {
    for (size_t c = 0; c < 3; ++c) {
      const float* first_frame = out;
      for (size_t y = 0; y < patch; ++y) {
        const uint8_t* pixel = corner + y * stride + c;
        for (size_t x = 0; x < patch; ++x, pixel += 3) {
          *out++ = tables[c][*pixel];
        }
      }
      for (int t = 1; t < spec.temporal_patch_size; ++t, out += frame) {
        std::memcpy(out, first_frame, frame * sizeof(float));
      }
    }
  };
  for (size_t top = 0; top < static_cast<size_t>(image.height); top += block) {
    for (size_t left = 0; left < static_cast<size_t>(image.width); left += block) {
      for (size_t y = top; y < top + block; y += patch) {
        for (size_t x = left; x < left + block; x += patch) {
          write_patch(image.pixels.data() + y * stride + 3 * x);
        }
      }
    }
  }
}

ImagePatches MakePatches(const RgbImage& image, const PatchSpec& spec) {
  ImagePatches patches{image.height / spec.patch_size, image.width / spec.patch_size, {}};
  patches.rows.resize(PatchFloats(image, spec));
  WritePatches(image, spec, patches.rows);
  return patches;
}

}  // namespace gre
