#include "knowledge/climate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/check.h"
#include "knowledge/embedded_data.h"

namespace gre {
namespace {

// In the order of tools/reference/build_climate_grid.py; class k of the grid is zone k - 1.
constexpr std::array<ClimateZone, 31> kZones = {{
    {"Af", "tropical rainforest"},
    {"Am", "tropical monsoon"},
    {"As", "tropical savanna with dry summer"},
    {"Aw", "tropical savanna with dry winter"},
    {"BSh", "hot steppe"},
    {"BSk", "cold steppe"},
    {"BWh", "hot desert"},
    {"BWk", "cold desert"},
    {"Cfa", "humid subtropical"},
    {"Cfb", "temperate oceanic"},
    {"Cfc", "subpolar oceanic"},
    {"Csa", "hot-summer Mediterranean"},
    {"Csb", "warm-summer Mediterranean"},
    {"Csc", "cold-summer Mediterranean"},
    {"Cwa", "humid subtropical with dry winter"},
    {"Cwb", "subtropical highland"},
    {"Cwc", "cold subtropical highland"},
    {"Dfa", "hot-summer continental"},
    {"Dfb", "warm-summer continental"},
    {"Dfc", "subarctic"},
    {"Dfd", "extremely cold subarctic"},
    {"Dsa", "hot-summer continental with dry summer"},
    {"Dsb", "warm-summer continental with dry summer"},
    {"Dsc", "subarctic with dry summer"},
    {"Dsd", "extremely cold subarctic with dry summer"},
    {"Dwa", "hot-summer continental with dry winter"},
    {"Dwb", "warm-summer continental with dry winter"},
    {"Dwc", "subarctic with dry winter"},
    {"Dwd", "extremely cold subarctic with dry winter"},
    {"EF", "ice cap"},
    {"ET", "tundra"},
}};

class Grid {
 public:
  Grid() {
    const auto bytes = ClimateGrid();
    GRE_CHECK(bytes.size() > 12 && std::memcmp(bytes.data(), "GRECLIM1", 8) == 0);
    width_ = U16(bytes, 8);
    height_ = U16(bytes, 10);
    cells_.reserve(static_cast<size_t>(width_) * static_cast<size_t>(height_));
    for (size_t at = 12; at + 1 < bytes.size(); at += 2) {
      const auto zone = std::to_integer<uint8_t>(bytes[at]);
      GRE_CHECK(zone <= kZones.size());
      cells_.insert(cells_.end(), std::to_integer<size_t>(bytes[at + 1]), zone);
    }
    GRE_CHECK(cells_.size() == static_cast<size_t>(width_) * static_cast<size_t>(height_));
  }

  // 0 for none.
  [[nodiscard]] int ZoneAt(const LatLng& point) const {
    const double x = (point.longitude_deg + 180) / 360 * width_;
    const double y = (90 - point.latitude_deg) / 180 * height_;
    const int column = static_cast<int>(std::floor(x));
    const int row = std::clamp(static_cast<int>(std::floor(y)), 0, height_ - 1);
    if (const int zone = Cell(row, column); zone != 0) {
      return zone;
    }
    int nearest = 0;
    double nearest_distance = std::numeric_limits<double>::infinity();
    for (int r = std::max(row - 1, 0); r <= std::min(row + 1, height_ - 1); ++r) {
      for (int c = column - 1; c <= column + 1; ++c) {
        const double distance = std::hypot(x - (c + 0.5), y - (r + 0.5));
        if (const int zone = Cell(r, c); zone != 0 && distance < nearest_distance) {
          nearest_distance = distance;
          nearest = zone;
        }
      }
    }
    return nearest;
  }

 private:
  static int U16(std::span<const std::byte> bytes, size_t at) {
    return std::to_integer<int>(bytes[at]) | std::to_integer<int>(bytes[at + 1]) << 8;
  }
  [[nodiscard]] int Cell(int row, int column) const {
    const int wrapped = (column % width_ + width_) % width_;
    return cells_[static_cast<size_t>(row) * static_cast<size_t>(width_) +
                  static_cast<size_t>(wrapped)];
  }

  int width_ = 0;
  int height_ = 0;
  std::vector<uint8_t> cells_;  // rows north to south, from longitude -180
};

}  // namespace

std::optional<ClimateZone> ClimateZoneAt(const LatLng& point) {
  static const Grid grid;
  const int zone = grid.ZoneAt(point);
  return zone == 0 ? std::nullopt : std::optional(kZones[static_cast<size_t>(zone - 1)]);
}

}  // namespace gre
