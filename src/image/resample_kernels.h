#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gre {

inline constexpr int kResampleWeightBits = 22;  // 32 - 8 bits of pixel - 2 bits for overshoot

// Filter weights of one axis, in fixed point: output i is the sum of inputs first[i] ... first[i] +
// used[i] - 1 with weights[i * count ...]; those beyond used[i] are 0.
struct ResampleTaps {
  int count = 0;                 // even
  std::vector<int> first;        // [outputs]
  std::vector<int> used;         // [outputs], at most `count`
  std::vector<int32_t> weights;  // [outputs, count]
};

// The inner loops of Resize. All variants yield the same bytes.
struct ResampleKernels {
  // [rows, in_width, 3] -> [rows, outputs, 3]; `out` has one byte of slack.
  void (*columns)(const uint8_t* in, int rows, int in_width, const ResampleTaps& taps,
                  uint8_t* out);
  // [in_rows, stride] -> [outputs, stride], stride in bytes.
  void (*rows)(const uint8_t* in, size_t stride, const ResampleTaps& taps, uint8_t* out);
};

const ResampleKernels& PortableResampleKernels();
// The fastest that this processor runs.
const ResampleKernels& SelectResampleKernels();

}  // namespace gre
