// How long it takes to find the near-duplicates among many photos' hashes. Half of the hashes are
// random, half copies with up to four changed bits; the answer is checked before it is timed.
#include <bit>
#include <cstdlib>
#include <iostream>

#include <benchmark/benchmark.h>

#include "core/random.h"
#include "dataset/check/hash_clusters.h"

namespace gre {
namespace {

constexpr int kMaxDistance = 4;

uint64_t Changed(uint64_t hash, Random& random) {
  for (uint64_t bits = random.Below(kMaxDistance + 1); bits > 0; --bits) {
    hash ^= uint64_t{1} << random.Below(64);
  }
  return hash;
}

// `varying` bits differ between photos that are no copies: real photos' hashes are not spread over
// all 64.
std::vector<uint64_t> MakeHashes(size_t count, int varying) {
  Random random(1);
  uint64_t mask = 0;
  while (std::popcount(mask) < varying) mask |= uint64_t{1} << random.Below(64);
  std::vector<uint64_t> hashes(count);
  for (size_t i = 0; i < count; ++i) {
    hashes[i] = i % 2 == 0 ? random.Next() & mask : Changed(hashes[i - 1], random);
  }
  return hashes;
}

void BM_ClusterHashes(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  const std::vector<uint64_t> hashes = MakeHashes(count, static_cast<int>(state.range(1)));
  for (auto _ : state) {
    const std::vector<uint32_t> roots =
        ClusterHashes(hashes, {.max_distance = kMaxDistance, .max_threads = 2});
    state.PauseTiming();
    for (size_t i = 1; i < count; i += 2) {
      if (roots[i] == roots[i - 1]) continue;
      std::cerr << "hash " << i << " is not joined with its copy\n";
      std::abort();
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(count) * state.iterations());
}
BENCHMARK(BM_ClusterHashes)
    ->ArgNames({"hashes", "bits"})
    ->Args({1'000'000, 64})
    ->Args({1'000'000, 40})
    ->Args({10'000'000, 64})
    ->Args({10'000'000, 48})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace gre

BENCHMARK_MAIN();
