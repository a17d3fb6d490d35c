#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// The nearest places of many points when degrees of latitude and longitude are taken for a plane,
// as the Python package reverse_geocoder takes them. Internal to knowledge.
//
// Cells of one degree, cut evenly into 4^k (k up to 6) where places are dense, each with all places
// that are nearest to some point of it: a point finds its cell by arithmetic and looks at about a
// dozen places, without any search. Plain arrays that may lie in a file and must outlive the grid.
class DegreeGrid {
 public:
  // Four places of a cell in rising order; missing ones are far off the map.
  struct Block {
    std::array<int32_t, 4> latitude_e5;
    std::array<int32_t, 4> longitude_e5;
    std::array<uint32_t, 4> item;
  };
  struct Arrays {
    std::vector<uint32_t> degrees;  // [180 * 360] first cell << 3 | k, from 90 S 180 W eastwards
    std::vector<uint32_t> cells;    // [cells + 1] first block of each
    std::vector<Block> blocks;
  };
  struct Site {
    int32_t latitude_e5;
    int32_t longitude_e5;
  };

  static constexpr size_t kDegrees = size_t{180} * 360;

  // The index of a site is its item.
  static Arrays Build(std::span<const Site> sites);

  DegreeGrid() = default;
  DegreeGrid(std::span<const uint32_t> degrees, std::span<const uint32_t> cells,
             std::span<const Block> blocks)
      : degrees_(degrees), cells_(cells), blocks_(blocks) {}

  // True when every number points into its array: then a search stays within them.
  [[nodiscard]] bool IsSound() const;

  // The nearest item of every point (of equally near ones the smallest), kNoItem where there is
  // none. `answers` is as long as `points`.
  void Nearest(std::span<const LatLng> points, std::span<uint32_t> answers) const;

 private:
  std::span<const uint32_t> degrees_;
  std::span<const uint32_t> cells_;
  std::span<const Block> blocks_;
};

}  // namespace gre
