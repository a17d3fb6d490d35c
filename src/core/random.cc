#include "core/random.h"

#include <cmath>
#include <numbers>

#include "core/check.h"

namespace gre {
namespace {

uint64_t SplitMix64(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

uint64_t HashSeed(uint64_t seed, std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return SplitMix64(&hash);
}

uint64_t HashSeed(uint64_t seed, uint64_t value) {
  uint64_t state = seed ^ (value * 0xD1342543DE82EF95ULL + 0x2545F4914F6CDD1DULL);
  SplitMix64(&state);
  return SplitMix64(&state);
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix64(&seed);
}

uint64_t Random::Next() {
  const uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = RotateLeft(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  GRE_CHECK(bound > 0);
  const uint64_t reject = (0 - bound) % bound;  // 2^64 mod bound
  uint64_t x = Next();
  while (x < reject) x = Next();
  return x % bound;
}

double Random::Normal() {
  const double u = 1.0 - Uniform();
  const double v = Uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace gre
