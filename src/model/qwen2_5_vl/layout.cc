#include "model/qwen2_5_vl/layout.h"

#include <algorithm>
#include <cstddef>

#include "core/check.h"

namespace gre {

WindowLayout MakeWindowLayout(int64_t units_high, int64_t units_wide, int64_t window) {
  WindowLayout layout;
  for (int64_t top = 0; top < units_high; top += window) {
    for (int64_t left = 0; left < units_wide; left += window) {
      const int64_t bottom = std::min(top + window, units_high);
      const int64_t right = std::min(left + window, units_wide);
      for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; ++x) layout.order.push_back(y * units_wide + x);
      }
      layout.lengths.push_back((bottom - top) * (right - left));
    }
  }
  return layout;
}

MropePositions MakeMropePositions(std::span<const int32_t> token_ids, int32_t image_token_id,
                                  std::span<const UnitGrid> grids) {
  MropePositions positions;
  auto& [time, height, width] = positions.axes;
  size_t image = 0;
  for (size_t i = 0; i < token_ids.size();) {
    if (token_ids[i] != image_token_id) {
      for (auto& axis : positions.axes) axis.push_back(positions.next);
      ++positions.next;
      ++i;
      continue;
    }
    GRE_CHECK(image < grids.size());
    const UnitGrid& grid = grids[image++];
    const auto count = static_cast<size_t>(grid.high * grid.wide);
    GRE_CHECK(count > 0 && count <= token_ids.size() - i);
    for (int64_t y = 0; y < grid.high; ++y) {
      for (int64_t x = 0; x < grid.wide; ++x) {
        GRE_CHECK(token_ids[i++] == image_token_id);
        time.push_back(positions.next);
        height.push_back(positions.next + y);
        width.push_back(positions.next + x);
      }
    }
    positions.next += std::max(grid.high, grid.wide);
  }
  GRE_CHECK(image == grids.size());
  return positions;
}

}  // namespace gre
