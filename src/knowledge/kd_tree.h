#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace gre {

// Exact nearest neighbours among points in space, for tables that are mapped rather than loaded: a
// tree is two arrays of plain structs that may lie in a file. Internal to knowledge.
//
// A k-d tree over leaves of eight points (Friedman, Bentley and Finkel 1977; offsets from the cell
// as in Arya and Mount 1993). The leaves of a range [first, last) are split at the middle one,
// whose index also numbers the split, so nodes need no pointers and every leaf but the last is
// full.

inline constexpr uint32_t kNoItem = std::numeric_limits<uint32_t>::max();

class KdTree {
 public:
  static constexpr size_t kDimensions = 3;
  static constexpr size_t kLeafSize = 8;
  using Point = std::array<double, kDimensions>;

  struct Leaf {
    // Of missing points infinite, so that nothing is near them.
    std::array<std::array<double, kLeafSize>, kDimensions> coordinates;
    std::array<uint32_t, kLeafSize> items;
  };
  struct Split {
    double value;  // points of the left leaves are at most this along the axis, the others at least
    uint64_t axis;
  };

  // The nearest item so far; none at first. Of equally near ones the smaller number wins, so that
  // answers depend on neither the order of the search nor where it begins.
  struct Nearest {
    double squared = std::numeric_limits<double>::infinity();
    uint32_t item = kNoItem;
    Point position = {};
  };

  static size_t LeafCount(size_t points) { return (points + kLeafSize - 1) / kLeafSize; }

  KdTree() = default;
  // Both arrays [LeafCount(points)], as Build makes them; they must outlive the tree.
  KdTree(std::span<const Leaf> leaves, std::span<const Split> splits)
      : leaves_(leaves), splits_(splits) {}

  // Appends the leaves and splits over `points`, whose index is the item; splits[0] is unused.
  static void Build(std::span<const Point> points, std::vector<Leaf>* leaves,
                    std::vector<Split>* splits) {
    std::vector<uint32_t> order(points.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
    leaves->resize(LeafCount(points.size()));
    splits->resize(leaves->size());
    BuildRange(points, order, 0, leaves->size(), leaves, splits);
  }

  static double SquaredDistance(const Point& a, const Point& b) {
    double sum = 0;
    for (size_t d = 0; d < kDimensions; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
  }

  // Improves `best` by every item that `accept(item)` takes; squared distances are straight sums of
  // squares in the order of the dimensions.
  template <typename Accept>
  void Search(const Point& query, const Accept& accept, Nearest* best) const {
    if (leaves_.empty()) return;
    std::array<Cell, kMaxDepth> later;
    size_t waiting = 0;
    Cell cell = {0, static_cast<uint32_t>(leaves_.size()), {}, 0};
    while (true) {
      while (cell.last - cell.first > 1) {
        const uint32_t middle = cell.first + (cell.last - cell.first) / 2;
        const Split& split = splits_[middle];
        const size_t axis = std::min<size_t>(split.axis, kDimensions - 1);
        const double offset = query[axis] - split.value;
        Cell& far = later[waiting];
        far = cell;
        far.offsets[axis] = offset;
        far.squared = SumOfSquares(far.offsets);
        (offset < 0 ? far.first : far.last) = middle;
        (offset < 0 ? cell.last : cell.first) = middle;
        waiting += far.squared <= best->squared ? 1 : 0;
      }
      ScanLeaf(leaves_[cell.first], query, accept, best);
      do {
        if (waiting == 0) return;
        cell = later[--waiting];
      } while (cell.squared > best->squared);
    }
  }

 private:
  static constexpr size_t kMaxDepth = 33;  // leaves are numbered by 32 bits

  // A range of leaves and how far the query is outside of it along each axis.
  struct Cell {
    uint32_t first;
    uint32_t last;
    Point offsets;
    double squared;
  };

  static double SumOfSquares(const Point& offsets) {
    double sum = 0;
    for (const double offset : offsets) sum += offset * offset;
    return sum;
  }

  template <typename Accept>
  static void ScanLeaf(const Leaf& leaf, const Point& query, const Accept& accept, Nearest* best) {
    std::array<double, kLeafSize> squared = {};
    for (size_t d = 0; d < kDimensions; ++d) {
      for (size_t i = 0; i < kLeafSize; ++i) {
        const double difference = query[d] - leaf.coordinates[d][i];
        squared[i] += difference * difference;
      }
    }
    double least = squared[0];
    for (size_t i = 1; i < kLeafSize; ++i) least = std::min(least, squared[i]);
    if (least > best->squared) return;
    for (size_t i = 0; i < kLeafSize; ++i) {
      if (squared[i] <= best->squared && leaf.items[i] != kNoItem && accept(leaf.items[i])) {
        if (squared[i] == best->squared && leaf.items[i] >= best->item) continue;
        *best = {squared[i], leaf.items[i], {}};
        for (size_t d = 0; d < kDimensions; ++d) best->position[d] = leaf.coordinates[d][i];
      }
    }
  }

  static void BuildRange(std::span<const Point> points, std::span<uint32_t> order, size_t first,
                         size_t last, std::vector<Leaf>* leaves, std::vector<Split>* splits) {
    if (last - first == 1) {
      Leaf& leaf = (*leaves)[first];
      for (auto& axis : leaf.coordinates) axis.fill(std::numeric_limits<double>::infinity());
      leaf.items.fill(kNoItem);
      for (size_t i = 0; i < order.size(); ++i) {
        leaf.items[i] = order[i];
        for (size_t d = 0; d < kDimensions; ++d) leaf.coordinates[d][i] = points[order[i]][d];
      }
    }
    if (last - first < 2) return;
    const size_t axis = WidestAxis(points, order);
    const size_t middle = first + (last - first) / 2;
    const auto at = static_cast<std::ptrdiff_t>((middle - first) * kLeafSize);
    std::nth_element(order.begin(), order.begin() + at, order.end(),
                     [&](uint32_t a, uint32_t b) { return points[a][axis] < points[b][axis]; });
    (*splits)[middle] = {points[order[static_cast<size_t>(at)]][axis], axis};
    BuildRange(points, order.first(static_cast<size_t>(at)), first, middle, leaves, splits);
    BuildRange(points, order.subspan(static_cast<size_t>(at)), middle, last, leaves, splits);
  }

  static size_t WidestAxis(std::span<const Point> points, std::span<const uint32_t> order) {
    size_t widest = 0;
    double widest_extent = -1;
    for (size_t d = 0; d < kDimensions; ++d) {
      const auto [low, high] =
          std::ranges::minmax(order, {}, [&](uint32_t item) { return points[item][d]; });
      if (const double extent = points[high][d] - points[low][d]; extent > widest_extent) {
        widest = d;
        widest_extent = extent;
      }
    }
    return widest;
  }

  std::span<const Leaf> leaves_;
  std::span<const Split> splits_;
};

}  // namespace gre
