#include "dataset/check/hash_clusters.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "core/check.h"

namespace gre {
namespace {

struct Item {
  uint64_t hash;
  uint32_t index;
};
using Pair = std::pair<uint32_t, uint32_t>;

// Disjoint sets with path halving; the root is the smallest index.
class DisjointSets {
 public:
  explicit DisjointSets(size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), 0u);
  }
  uint32_t Root(uint32_t item) {
    while (parents_[item] != item) item = parents_[item] = parents_[parents_[item]];
    return item;
  }
  void Join(uint32_t a, uint32_t b) {
    a = Root(a);
    b = Root(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }
  std::vector<uint32_t> Roots() && {
    for (uint32_t i = 0; i < parents_.size(); ++i) parents_[i] = parents_[parents_[i]];
    return std::move(parents_);
  }

 private:
  std::vector<uint32_t> parents_;
};

// Some of the 64 bits: runs of neighbours, the lowest first.
struct BitRun {
  int first;
  int count;
};
using Bits = std::vector<BitRun>;

int CountBits(const Bits& bits) {
  return std::accumulate(bits.begin(), bits.end(), 0,
                         [](int sum, const BitRun& run) { return sum + run.count; });
}

// Bits number `from` to `to` of `bits`, or with `rest` the others.
Bits Slice(const Bits& bits, int from, int to, bool rest) {
  Bits slice;
  const auto add = [&slice](int first, int last) {
    if (first < last) slice.push_back({first, last - first});
  };
  int position = 0;
  for (const BitRun& run : bits) {
    const int begin = run.first + std::clamp(from - position, 0, run.count);
    const int end = run.first + std::clamp(to - position, 0, run.count);
    if (rest) {
      add(run.first, begin);
      add(end, run.first + run.count);
    } else {
      add(begin, end);
    }
    position += run.count;
  }
  return slice;
}

size_t KeyOf(uint64_t hash, const Bits& bits) {
  uint64_t key = 0;
  for (const BitRun& run : bits) {
    key = (key << run.count) | ((hash >> run.first) & ((uint64_t{1} << run.count) - 1));
  }
  return key;
}

[[gnu::always_inline]] inline void ComparePairs(std::span<const Item> group, int max_distance,
                                                std::vector<Pair>& pairs) {
  for (size_t i = 0; i < group.size(); ++i) {
    const uint64_t hash = group[i].hash;
    for (size_t j = i + 1; j < group.size(); ++j) {
      if (std::popcount(hash ^ group[j].hash) <= max_distance) {
        pairs.emplace_back(group[i].index, group[j].index);
      }
    }
  }
}
void ComparePairsPortable(std::span<const Item> group, int max_distance, std::vector<Pair>& pairs) {
  ComparePairs(group, max_distance, pairs);
}
#if defined(__x86_64__)
[[gnu::target("popcnt")]] void ComparePairsPopcnt(std::span<const Item> group, int max_distance,
                                                  std::vector<Pair>& pairs) {
  ComparePairs(group, max_distance, pairs);
}
#endif

auto* ChooseComparePairs() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt")) return &ComparePairsPopcnt;
#endif
  return &ComparePairsPortable;
}

// `group` ordered by the key that its `bits` make; starts[k] is where key k begins.
void SortByKey(std::span<const Item> group, const Bits& bits, std::vector<Item>& sorted,
               std::vector<uint32_t>& starts) {
  starts.assign((size_t{1} << CountBits(bits)) + 1, 0);
  for (const Item& item : group) ++starts[KeyOf(item.hash, bits) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  if (sorted.size() < group.size()) sorted.resize(group.size());
  for (const Item& item : group) sorted[starts[KeyOf(item.hash, bits)]++] = item;
  // each start has become the next one's
  std::move_backward(starts.begin(), starts.end() - 1, starts.end());
  starts[0] = 0;
}

// The blocks of one division: an exact match in one of them is asked of every pair. A key longer
// than the group is large would only cost counters.
std::vector<Bits> Blocks(const Bits& bits, int count, size_t group_size) {
  constexpr int kMaxKeyBits = 18;
  const int length = CountBits(bits);
  const int max_bits = std::min(kMaxKeyBits, static_cast<int>(std::bit_width(group_size)));
  std::vector<Bits> blocks;
  for (int i = 0; i < count; ++i) {
    const int from = length * i / count;
    const int to = std::min(length * (i + 1) / count, from + max_bits);
    blocks.push_back(Slice(bits, from, to, false));
  }
  return blocks;
}

Bits Without(Bits bits, const Bits& block) {
  for (const BitRun& run : block) {
    // the position of the run's first bit among `bits`
    int position = 0;
    for (const BitRun& r : bits) {
      if (run.first >= r.first && run.first < r.first + r.count) {
        position += run.first - r.first;
        break;
      }
      position += r.count;
    }
    bits = Slice(bits, position, position + run.count, true);
  }
  return bits;
}

// Finds the close pairs of groups; one a thread.
class PairFinder {
 public:
  PairFinder(int max_distance, DisjointSets& sets, std::mutex& mutex)
      : max_distance_(max_distance), sets_(&sets), mutex_(&mutex) {}
  ~PairFinder() { Flush(); }
  PairFinder(const PairFinder&) = delete;
  PairFinder& operator=(const PairFinder&) = delete;

  // All pairs of `group`, which differ in `bits` only.
  void Visit(std::span<const Item> group, const Bits& bits, size_t depth = 0) {
    const auto blocks_count = static_cast<size_t>(max_distance_) + 1;
    // comparing is quadratic but several times cheaper than sorting
    constexpr size_t kPairsASort = 12;
    const bool splits_well =
        (size_t{1} << (CountBits(bits) / static_cast<int>(blocks_count))) > 2 * blocks_count;
    if (group.size() <= kPairsASort * blocks_count || !splits_well) {
      compare_pairs_(group, max_distance_, pairs_);
      if (pairs_.size() >= kMaxPairs) Flush();
      return;
    }
    if (levels_.size() <= depth) levels_.resize(depth + 1);
    for (const Bits& block : Blocks(bits, max_distance_ + 1, group.size())) {
      // moved out while deeper levels may move `levels_`
      Level level = std::move(levels_[depth]);
      SortByKey(group, block, level.sorted, level.starts);
      const Bits rest = Without(bits, block);
      for (size_t key = 0; key + 1 < level.starts.size(); ++key) {
        const uint32_t size = level.starts[key + 1] - level.starts[key];
        if (size > 1)
          Visit(std::span(level.sorted).subspan(level.starts[key], size), rest, depth + 1);
      }
      levels_[depth] = std::move(level);
    }
  }

 private:
  static constexpr size_t kMaxPairs = 1 << 16;
  struct Level {
    std::vector<Item> sorted;
    std::vector<uint32_t> starts;
  };

  void Flush() {
    const std::lock_guard lock(*mutex_);
    for (const auto& [a, b] : pairs_) sets_->Join(a, b);
    pairs_.clear();
  }

  int max_distance_;
  DisjointSets* sets_;
  std::mutex* mutex_;
  void (*compare_pairs_)(std::span<const Item>, int, std::vector<Pair>&) = ChooseComparePairs();
  std::vector<Level> levels_;
  std::vector<Pair> pairs_;
};

// Equal hashes are joined at once; what is left of each is one item.
std::vector<Item> JoinEqual(std::span<const uint64_t> hashes, DisjointSets& sets) {
  std::vector<Item> items(hashes.size());
  for (uint32_t i = 0; i < items.size(); ++i) items[i] = {hashes[i], i};
  std::ranges::sort(items, [](const Item& a, const Item& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.index < b.index;
  });
  size_t kept = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (kept > 0 && items[kept - 1].hash == items[i].hash) {
      sets.Join(items[kept - 1].index, items[i].index);
    } else {
      items[kept++] = items[i];
    }
  }
  items.resize(kept);
  return items;
}

}  // namespace

std::vector<uint32_t> ClusterHashes(std::span<const uint64_t> hashes,
                                    const HashClusterOptions& options) {
  GRE_CHECK(hashes.size() < std::numeric_limits<uint32_t>::max());
  GRE_CHECK(options.max_distance >= 0 && options.max_distance <= 16);
  DisjointSets sets(hashes.size());
  const std::vector<Item> items = JoinEqual(hashes, sets);
  if (options.max_distance == 0) return std::move(sets).Roots();

  const size_t threads = options.max_threads > 0
                             ? static_cast<size_t>(options.max_threads)
                             : std::max<size_t>(1, std::thread::hardware_concurrency());
  std::mutex mutex;
  const Bits all = {{0, 64}};
  std::vector<Item> sorted;
  std::vector<uint32_t> starts;
  for (const Bits& block : Blocks(all, options.max_distance + 1, items.size())) {
    SortByKey(items, block, sorted, starts);
    const Bits rest = Without(all, block);
    constexpr size_t kKeysAStep = 64;
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      PairFinder finder(options.max_distance, sets, mutex);
      const size_t keys = starts.size() - 1;
      for (size_t begin; (begin = next.fetch_add(kKeysAStep)) < keys;) {
        for (size_t key = begin; key < std::min(begin + kKeysAStep, keys); ++key) {
          const uint32_t size = starts[key + 1] - starts[key];
          if (size > 1) finder.Visit(std::span(sorted).subspan(starts[key], size), rest);
        }
      }
    };
    std::vector<std::thread> workers;
    for (size_t i = 1; i < threads && items.size() > 10'000; ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();
  }
  return std::move(sets).Roots();
}

}  // namespace gre
