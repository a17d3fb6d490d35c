#include "knowledge/degree_grid.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/check.h"
#include "knowledge/kd_tree.h"

namespace gre {
namespace {

constexpr uint32_t kMaxCut = 6;  // a degree in at most 64 x 64 cells
constexpr uint32_t kSteps = 1u << kMaxCut;
constexpr uint32_t kCutMask = 7;
constexpr double kScale = 1e5;
constexpr double kCrowded = 12;  // places a cell, weighted by themselves, above which it is cut

using Site = DegreeGrid::Site;
using Candidates = std::vector<uint32_t>;

// In units of 1e-5 degrees, as the sites.
struct Box {
  double south, west, north, east;

  [[nodiscard]] Box Cut(uint32_t row, uint32_t column) const {
    const double middle_latitude = (south + north) / 2;
    const double middle_longitude = (west + east) / 2;
    return {row == 0 ? south : middle_latitude, column == 0 ? west : middle_longitude,
            row == 0 ? middle_latitude : north, column == 0 ? middle_longitude : east};
  }
};

class Builder {
 public:
  explicit Builder(std::span<const Site> sites) : sites_(sites) {
    arrays_.degrees.resize(DegreeGrid::kDegrees);
    arrays_.cells.push_back(0);
  }

  DegreeGrid::Arrays Build() {
    Candidates all(sites_.size());
    std::iota(all.begin(), all.end(), 0u);
    Divide(0, 0, 180, 360, all);
    return std::move(arrays_);
  }

 private:
  // Rows and columns of whole degrees, halved down to single ones.
  void Divide(uint32_t row, uint32_t column, uint32_t rows, uint32_t columns,
              const Candidates& candidates) {
    const Box box = {(row - 90.0) * kScale, (column - 180.0) * kScale, (row + rows - 90.0) * kScale,
                     (column + columns - 180.0) * kScale};
    const Candidates kept = Prune(candidates, box);
    if (rows == 1 && columns == 1) {
      AddDegree(row * 360 + column, box, kept);
    } else if (rows > columns) {
      Divide(row, column, rows / 2, columns, kept);
      Divide(row + rows / 2, column, rows - rows / 2, columns, kept);
    } else {
      Divide(row, column, rows, columns / 2, kept);
      Divide(row, column + columns / 2, rows, columns - columns / 2, kept);
    }
  }

  void AddDegree(uint32_t degree, const Box& box, const Candidates& candidates) {
    std::vector<Box> boxes = {box};
    std::vector<Candidates> cells = {candidates};
    uint32_t cut = 0;
    for (; cut < kMaxCut && Crowding(cells) > kCrowded; ++cut) {
      const uint32_t side = 1u << cut;
      std::vector<Box> smaller_boxes(boxes.size() * 4);
      std::vector<Candidates> smaller(cells.size() * 4);
      for (uint32_t row = 0; row < 2 * side; ++row) {
        for (uint32_t column = 0; column < 2 * side; ++column) {
          const size_t parent = size_t{row / 2} * side + column / 2;
          const size_t at = size_t{row} * 2 * side + column;
          smaller_boxes[at] = boxes[parent].Cut(row % 2, column % 2);
          smaller[at] = Prune(cells[parent], smaller_boxes[at]);
        }
      }
      boxes = std::move(smaller_boxes);
      cells = std::move(smaller);
    }
    arrays_.degrees[degree] = static_cast<uint32_t>(arrays_.cells.size() - 1) << 3 | cut;
    for (const Candidates& cell : cells) AddCell(cell);
  }

  void AddCell(const Candidates& cell) {
    for (size_t i = 0; i < cell.size(); ++i) {
      if (i % 4 == 0) {
        DegreeGrid::Block& block = arrays_.blocks.emplace_back();
        block.latitude_e5.fill(std::numeric_limits<int32_t>::max());
        block.longitude_e5.fill(std::numeric_limits<int32_t>::max());
        block.item.fill(kNoItem);
      }
      DegreeGrid::Block& block = arrays_.blocks.back();
      block.latitude_e5[i % 4] = sites_[cell[i]].latitude_e5;
      block.longitude_e5[i % 4] = sites_[cell[i]].longitude_e5;
      block.item[i % 4] = cell[i];
    }
    arrays_.cells.push_back(static_cast<uint32_t>(arrays_.blocks.size()));
  }

  // How many places a point looks at, if points are where places are.
  static double Crowding(const std::vector<Candidates>& cells) {
    double sum = 0;
    double squares = 0;
    for (const Candidates& cell : cells) {
      const auto count = static_cast<double>(cell.size());
      sum += count;
      squares += count * count;
    }
    return sum > 0 ? squares / sum : 0;
  }

  // Leaves out the sites that are nowhere in the box as near as another one. The difference of the
  // squared distances to two sites is linear, so it is least at a corner; witnesses are the sites
  // nearest to the middle.
  Candidates Prune(const Candidates& candidates, const Box& box) {
    constexpr size_t kWitnesses = 8;
    constexpr double kSlack = 1e-3;  // 1e-8 degrees, far above any rounding of a point's cell
    const double latitude = (box.south + box.north) / 2;
    const double longitude = (box.west + box.east) / 2;
    const double half_height = (box.north - box.south) / 2 + kSlack;
    const double half_width = (box.east - box.west) / 2 + kSlack;
    squared_.resize(candidates.size());
    order_.resize(candidates.size());
    for (size_t i = 0; i < candidates.size(); ++i) {
      const double y = sites_[candidates[i]].latitude_e5 - latitude;
      const double x = sites_[candidates[i]].longitude_e5 - longitude;
      squared_[i] = x * x + y * y;
      order_[i] = i;
    }
    const size_t witnesses = std::min(kWitnesses, candidates.size());
    std::ranges::partial_sort(order_, order_.begin() + static_cast<std::ptrdiff_t>(witnesses), {},
                              [&](size_t i) { return squared_[i]; });
    Candidates kept;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Site& site = sites_[candidates[i]];
      const bool beaten = std::any_of(
          order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(witnesses), [&](size_t w) {
            const Site& other = sites_[candidates[w]];
            const double y = std::abs(static_cast<double>(site.latitude_e5) - other.latitude_e5);
            const double x = std::abs(static_cast<double>(site.longitude_e5) - other.longitude_e5);
            return squared_[i] - squared_[w] > 2 * (half_height * y + half_width * x);
          });
      if (!beaten) kept.push_back(candidates[i]);
    }
    return kept;
  }

  std::span<const Site> sites_;
  DegreeGrid::Arrays arrays_;
  std::vector<double> squared_;  // scratch of Prune
  std::vector<size_t> order_;
};

using Doubles = double __attribute__((vector_size(32)));
using Longs = int64_t __attribute__((vector_size(32)));
using Ints = int32_t __attribute__((vector_size(16)));
using Words = uint32_t __attribute__((vector_size(16)));

[[gnu::always_inline]] inline uint32_t NearestOf(const DegreeGrid::Block* block,
                                                 const DegreeGrid::Block* end, double latitude_e5,
                                                 double longitude_e5) {
  Doubles best = Doubles{} + std::numeric_limits<double>::infinity();
  Longs items = Longs{} + int64_t{kNoItem};
  for (; block != end; ++block) {
    Ints latitudes;
    Ints longitudes;
    Words numbers;
    std::memcpy(&latitudes, block->latitude_e5.data(), sizeof latitudes);
    std::memcpy(&longitudes, block->longitude_e5.data(), sizeof longitudes);
    std::memcpy(&numbers, block->item.data(), sizeof numbers);
    const Doubles y = __builtin_convertvector(latitudes, Doubles) - latitude_e5;
    const Doubles x = __builtin_convertvector(longitudes, Doubles) - longitude_e5;
    const Doubles squared = y * y + x * x;
    const Longs nearer = squared < best;
    best = nearer ? squared : best;
    items = nearer ? __builtin_convertvector(numbers, Longs) : items;
  }
  // The least of the lanes in all of them, then the smallest item among those that have it: without
  // branches, which nothing could predict.
  const Doubles halves = __builtin_shufflevector(best, best, 2, 3, 0, 1);
  Doubles least = halves < best ? halves : best;
  const Doubles neighbours = __builtin_shufflevector(least, least, 1, 0, 3, 2);
  least = neighbours < least ? neighbours : least;
  Longs first = best == least ? items : Longs{} + std::numeric_limits<int64_t>::max();
  const Longs other_half = __builtin_shufflevector(first, first, 2, 3, 0, 1);
  first = other_half < first ? other_half : first;
  return static_cast<uint32_t>(std::min<int64_t>(first[0], first[1]));
}

// Points in groups, in three steps, so that the memory each step needs is on its way already.
[[gnu::always_inline]] inline void NearestOfAll(std::span<const uint32_t> degrees,
                                                std::span<const uint32_t> cells,
                                                std::span<const DegreeGrid::Block> blocks,
                                                std::span<const LatLng> points,
                                                std::span<uint32_t> answers) {
  constexpr size_t kGroup = 64;
  std::array<uint32_t, kGroup> cell;
  std::array<std::array<uint32_t, 2>, kGroup> range;
  for (size_t begin = 0; begin < points.size(); begin += kGroup) {
    const size_t count = std::min(kGroup, points.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      const LatLng& point = points[begin + i];
      const uint32_t row =
          std::min(static_cast<uint32_t>((point.latitude_deg + 90) * kSteps), 180 * kSteps - 1);
      const uint32_t column =
          std::min(static_cast<uint32_t>((point.longitude_deg + 180) * kSteps), 360 * kSteps - 1);
      const uint32_t degree = degrees[row / kSteps * 360 + column / kSteps];
      const uint32_t cut = degree & kCutMask;
      const uint32_t coarser = kMaxCut - cut;
      cell[i] = (degree >> 3) + (((row % kSteps) >> coarser) << cut | (column % kSteps) >> coarser);
      __builtin_prefetch(&cells[cell[i]]);
    }
    for (size_t i = 0; i < count; ++i) {
      range[i] = {cells[cell[i]], cells[cell[i] + 1]};
      const char* first = reinterpret_cast<const char*>(blocks.data() + range[i][0]);
      __builtin_prefetch(first);
      __builtin_prefetch(first + 64);
      __builtin_prefetch(first + 128);
    }
    for (size_t i = 0; i < count; ++i) {
      const LatLng& point = points[begin + i];
      answers[begin + i] = NearestOf(blocks.data() + range[i][0], blocks.data() + range[i][1],
                                     point.latitude_deg * kScale, point.longitude_deg * kScale);
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void NearestAvx2(std::span<const uint32_t> degrees,
                                                 std::span<const uint32_t> cells,
                                                 std::span<const DegreeGrid::Block> blocks,
                                                 std::span<const LatLng> points,
                                                 std::span<uint32_t> answers) {
  NearestOfAll(degrees, cells, blocks, points, answers);
}
#endif

}  // namespace

DegreeGrid::Arrays DegreeGrid::Build(std::span<const Site> sites) { return Builder(sites).Build(); }

bool DegreeGrid::IsSound() const {
  if (degrees_.size() != kDegrees || cells_.empty() || cells_.front() != 0 ||
      cells_.back() != blocks_.size() || !std::ranges::is_sorted(cells_)) {
    return false;
  }
  return std::ranges::all_of(degrees_, [&](uint32_t degree) {
    const uint32_t cut = degree & kCutMask;
    return cut <= kMaxCut && (size_t{degree} >> 3) + (size_t{1} << 2 * cut) < cells_.size();
  });
}

void DegreeGrid::Nearest(std::span<const LatLng> points, std::span<uint32_t> answers) const {
  GRE_CHECK(answers.size() == points.size());
  if (blocks_.empty()) {
    std::ranges::fill(answers, kNoItem);
    return;
  }
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    NearestAvx2(degrees_, cells_, blocks_, points, answers);
    return;
  }
#endif
  NearestOfAll(degrees_, cells_, blocks_, points, answers);
}

}  // namespace gre
