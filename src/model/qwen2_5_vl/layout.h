#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gre {

// Order and lengths of the vision tower's windows. A unit is a merge_size x merge_size block of
// patches; windows are squares of units, smaller at the right and lower border.
struct WindowLayout {
  std::vector<int64_t> order;    // unit at each place of the windowed sequence
  std::vector<int64_t> lengths;  // units in each window
};
// `units_high` x `units_wide` units, `window` units a side.
WindowLayout MakeWindowLayout(int64_t units_high, int64_t units_wide, int64_t window);

// M-RoPE positions: text advances all three axes together; an image stays at one time and spreads
// its units over height and width.
struct MropePositions {
  std::array<std::vector<int64_t>, 3> axes;  // time, height, width
  int64_t next = 0;                          // of the first token after the prompt, on every axis
};
struct UnitGrid {
  int64_t high = 0, wide = 0;
};
// `grids[i]` is the i-th image, whose high * wide placeholders stand together in `token_ids`
// (programmer error otherwise).
MropePositions MakeMropePositions(std::span<const int32_t> token_ids, int32_t image_token_id,
                                  std::span<const UnitGrid> grids);

}  // namespace gre
