#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "image/image.h"

namespace gre {

// How Qwen2-VL style processors cut a still picture (preprocessor_config.json).
struct PatchSpec {
  int patch_size = 14;
  int merge_size = 2;           // patches of a merge_size x merge_size block follow each other
  int temporal_patch_size = 2;  // a still picture is repeated as that many frames
  std::array<double, 3> mean = {0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std = {0.26862954, 0.26130258, 0.27577711};

  [[nodiscard]] int row_size() const {
    return 3 * temporal_patch_size * patch_size * patch_size;  // 1176 by default
  }
};

// Normalised patches. image_grid_thw is [1, grid_height, grid_width].
struct ImagePatches {
  int grid_height = 0;  // patches
  int grid_width = 0;   // patches
  // [grid_height * grid_width, row_size]: rows run over block row, block column, row in block,
  // column in block; columns over channel, frame, y, x.
  std::vector<float> rows;
};

// Number of floats MakePatches yields. Both sides must be multiples of patch_size * merge_size
// (programmer error otherwise: resize with SmartResize first).
size_t PatchFloats(const RgbImage& image, const PatchSpec& spec);

// (x / 255 - mean) / std of every pixel, rounded as the Hugging Face processor rounds (single
// precision after each step), in patch order. Thread-safe.
ImagePatches MakePatches(const RgbImage& image, const PatchSpec& spec = {});
// The same into memory of the caller, exactly PatchFloats() long.
void WritePatches(const RgbImage& image, const PatchSpec& spec, std::span<float> rows);

}  // namespace gre
