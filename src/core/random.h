#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gre {

// 64-bit hash of a seed and a text (FNV-1a, then the SplitMix64 finaliser). Not cryptographic.
uint64_t HashSeed(uint64_t seed, std::string_view text);
uint64_t HashSeed(uint64_t seed, uint64_t value);

// xoshiro256** (Blackman and Vigna, prng.di.unimi.it), seeded by SplitMix64. Results are the same
// on every machine. Randomness everywhere derives from (seed, input, sample index) through
// HashSeed, so it depends on neither batch nor threads nor order. Not thread-safe.
class Random {
 public:
  using State = std::array<uint64_t, 4>;

  explicit Random(uint64_t seed);

  uint64_t Next();
  // Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  // Uniform in [0, bound); bound > 0. Unbiased.
  uint64_t Below(uint64_t bound);
  // Standard normal (Box-Muller, one value a call).
  double Normal();

  // Fisher-Yates.
  template <typename Container>
  void Shuffle(Container& items) {
    for (size_t i = items.size(); i > 1; --i) {
      using std::swap;
      swap(items[i - 1], items[Below(i)]);
    }
  }

  // For checkpoints.
  [[nodiscard]] const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

}  // namespace gre
