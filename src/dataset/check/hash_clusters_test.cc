#include "dataset/check/hash_clusters.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include <gtest/gtest.h>

#include "core/random.h"

namespace gre {
namespace {

std::vector<uint32_t> ByEveryPair(const std::vector<uint64_t>& hashes, int max_distance) {
  std::vector<uint32_t> roots(hashes.size());
  std::iota(roots.begin(), roots.end(), 0u);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < hashes.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (roots[i] == roots[j] || std::popcount(hashes[i] ^ hashes[j]) > max_distance) continue;
        roots[i] = roots[j] = std::min(roots[i], roots[j]);
        changed = true;
      }
    }
  }
  return roots;
}

uint64_t Flipped(uint64_t hash, int bits, Random& random) {
  uint64_t mask = 0;
  while (std::popcount(mask) < bits) mask |= uint64_t{1} << random.Below(64);
  return hash ^ mask;
}

// Few bits vary, so that chains, equal hashes and full blocks are common.
TEST(HashClusters, EqualThoseOfEveryPair) {
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    const int max_distance = static_cast<int>(random.Below(12));
    const size_t count = 1 + random.Below(round < 50 ? 250 : 1200);
    const uint64_t varying =
        random.Next() & random.Next() & (round % 2 == 0 ? random.Next() : ~0ull);
    std::vector<uint64_t> hashes;
    for (size_t i = 0; i < count; ++i) {
      const bool copied = !hashes.empty() && random.Below(3) == 0;
      hashes.push_back(copied ? Flipped(hashes[random.Below(hashes.size())],
                                        static_cast<int>(random.Below(14)), random)
                              : random.Next() & varying);
    }
    const auto found = ClusterHashes(hashes, {.max_distance = max_distance, .max_threads = 2});
    ASSERT_EQ(found, ByEveryPair(hashes, max_distance))
        << "round " << round << ", distance " << max_distance << ", " << count << " hashes";
  }
}

TEST(HashClusters, PlantedCopiesAreFoundAmongManyAndNothingElse) {
  Random random(11);
  constexpr size_t kCount = 200'000;
  std::vector<uint64_t> hashes(kCount);
  for (uint64_t& hash : hashes) hash = random.Next();
  for (size_t i = 0; i < kCount; i += 100) {
    hashes[i + 1] = Flipped(hashes[i], static_cast<int>((i / 100) % 9), random);
  }
  const auto roots = ClusterHashes(hashes, {.max_distance = 4, .max_threads = 2});
  for (size_t i = 0; i < kCount; ++i) {
    // 64-bit hashes drawn at random are not within 4 bits of each other: 2e10 pairs, 4e-14 each
    const bool is_copy = i % 100 == 1 && ((i - 1) / 100) % 9 <= 4;
    ASSERT_EQ(roots[i], is_copy ? i - 1 : i);
  }
}

TEST(HashClusters, SmallSets) {
  EXPECT_TRUE(ClusterHashes({}).empty());
  EXPECT_EQ(ClusterHashes(std::vector<uint64_t>{5}), (std::vector<uint32_t>{0}));
  EXPECT_EQ(ClusterHashes(std::vector<uint64_t>{5, ~5ull, 5}, {.max_distance = 0}),
            (std::vector<uint32_t>{0, 1, 0}));
}

}  // namespace
}  // namespace gre
