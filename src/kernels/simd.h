#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/bfloat16.h"

// Sixteen floats at a time through the compilers' portable vector types. Every function here is
// inlined into a caller that is compiled for one instruction set (simd::Dispatch), and vectors pass
// by reference only, since their calling convention differs between instruction sets.
#define GRE_INLINE [[gnu::always_inline]] inline

namespace gre::simd {

constexpr int64_t kLanes = 16;
using Floats = float __attribute__((vector_size(64)));
using Ints = uint32_t __attribute__((vector_size(64)));
using Shorts = uint16_t __attribute__((vector_size(32)));

GRE_INLINE void Load(const float* from, Floats& to) { std::memcpy(&to, from, sizeof to); }
GRE_INLINE void Load(const BFloat16* from, Floats& to) {
  Shorts halves;
  std::memcpy(&halves, from, sizeof halves);
  const Ints bits = __builtin_convertvector(halves, Ints) << 16;
  std::memcpy(&to, &bits, sizeof to);
}

GRE_INLINE void Store(const Floats& from, float* to) { std::memcpy(to, &from, sizeof from); }
// Rounds to nearest, ties to even.
GRE_INLINE void Store(const Floats& from, BFloat16* to) {
  Ints bits;
  std::memcpy(&bits, &from, sizeof bits);
  bits = (bits & 0x7fffffffu) > 0x7f800000u ? (bits | 0x400000u) & 0xffff0000u  // a quiet NaN
                                            : bits + 0x7fffu + ((bits >> 16) & 1u);
  const Shorts halves = __builtin_convertvector(bits >> 16, Shorts);
  std::memcpy(to, &halves, sizeof halves);
}

// The first `count` lanes, at least one; the others are zero and are not stored.
template <typename T>
GRE_INLINE void Load(const T* from, int64_t count, Floats& to) {
  if (count >= kLanes) return Load(from, to);
  T lanes[kLanes] = {};
  std::memcpy(lanes, from, static_cast<size_t>(count) * sizeof(T));
  Load(lanes, to);
}
template <typename T>
GRE_INLINE void Store(const Floats& from, int64_t count, T* to) {
  if (count >= kLanes) return Store(from, to);
  T lanes[kLanes];
  Store(from, lanes);
  std::memcpy(to, lanes, static_cast<size_t>(count) * sizeof(T));
}

GRE_INLINE float Sum(const Floats& v) {
  float lanes[kLanes];
  std::memcpy(lanes, &v, sizeof lanes);
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    for (int64_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

GRE_INLINE float Max(const Floats& v) {
  float lanes[kLanes];
  std::memcpy(lanes, &v, sizeof lanes);
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    for (int64_t i = 0; i < width; ++i) {
      lanes[i] = lanes[i] > lanes[i + width] ? lanes[i] : lanes[i + width];
    }
  }
  return lanes[0];
}

// e^x for x <= 88, relative error below 2e-7; x below -87 gives about 1e-38. 2^n by exponent bits,
// the rest by the Taylor polynomial of degree 6 on |r| <= ln(2) / 2 (its error there is 1.2e-7).
GRE_INLINE void Exp(const Floats& value, Floats& result) {
  const Floats lowest = Floats{} - 87.0f;
  const Floats x = value < lowest ? lowest : value;
  const Floats shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: n lands in the low bits
  const Floats n = shifted - 12582912.0f;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln(2) in two parts
  Floats p = r * (1.0f / 720) + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  Ints bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const Ints scale_bits = (bits << 23) + 0x3f800000u;
  Floats scale;
  std::memcpy(&scale, &scale_bits, sizeof scale);
  result = p * scale;
}

template <typename Body, typename... Arguments>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]] void RunAvx512(Arguments... values) {
  Body::Run(values...);
}
template <typename Body, typename... Arguments>
[[gnu::target("avx2,fma")]] void RunAvx2(Arguments... values) {
  Body::Run(values...);
}
template <typename Body, typename... Arguments>
void RunPortable(Arguments... values) {
  Body::Run(values...);
}

enum class InstructionSet { kPortable, kAvx2, kAvx512 };

// The best of this processor.
inline InstructionSet BestInstructionSet() {
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return InstructionSet::kAvx512;
  }
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return avx2 ? InstructionSet::kAvx2 : InstructionSet::kPortable;
}

// What Dispatch takes. Only tests change it, to a lower one and before any thread computes.
inline InstructionSet& UsedInstructionSet() {
  static InstructionSet used = BestInstructionSet();
  return used;
}

// Calls Body::Run(values...), a GRE_INLINE static function, compiled for UsedInstructionSet().
template <typename Body, typename... Arguments>
void Dispatch(Arguments... values) {
  switch (UsedInstructionSet()) {
    case InstructionSet::kAvx512:
      return RunAvx512<Body, Arguments...>(values...);
    case InstructionSet::kAvx2:
      return RunAvx2<Body, Arguments...>(values...);
    case InstructionSet::kPortable:
      return RunPortable<Body, Arguments...>(values...);
  }
}

}  // namespace gre::simd
