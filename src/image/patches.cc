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
  const int patch = spec.patch_size;
  const int merge = spec.merge_size;
  const size_t frame = static_cast<size_t>(patch) * static_cast<size_t>(patch);
  const size_t channel = frame * static_cast<size_t>(spec.temporal_patch_size);
  const size_t row_size = 3 * channel;
  const size_t blocks_across = static_cast<size_t>(image.width / (patch * merge));
  const size_t in_block = static_cast<size_t>(merge) * static_cast<size_t>(merge);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* pixel = image.Row(y).data();
    const size_t block_row = static_cast<size_t>(y / (patch * merge));
    const size_t row_in_block = static_cast<size_t>(y / patch % merge);
    for (size_t gx = 0; gx < blocks_across * static_cast<size_t>(merge); ++gx) {
      const size_t block_column = gx / static_cast<size_t>(merge);
      const size_t column_in_block = gx % static_cast<size_t>(merge);
      const size_t index = (block_row * blocks_across + block_column) * in_block +
                           row_in_block * static_cast<size_t>(merge) + column_in_block;
      float* out = rows.data() + index * row_size + static_cast<size_t>(y % patch * patch);
      for (int x = 0; x < patch; ++x, pixel += 3, ++out) {
        out[0] = tables[0][pixel[0]];
        out[channel] = tables[1][pixel[1]];
        out[2 * channel] = tables[2][pixel[2]];
      }
    }
  }
  // The further frames are copies of the first.
  for (size_t begin = 0; begin < rows.size(); begin += channel) {
    for (int t = 1; t < spec.temporal_patch_size; ++t) {
      std::memcpy(rows.data() + begin + static_cast<size_t>(t) * frame, rows.data() + begin,
                  frame * sizeof(float));
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
