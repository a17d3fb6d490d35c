#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gre {

// Rotary position embedding (arXiv 2104.09864) in the half-split form: the pair (x[i], x[i + D/2])
// turns by position * theta^(-2i/D).
class Rotary {
 public:
  // cos and sin of the angles, [N, D/2] float32.
  struct Table {
    at::Tensor cos, sin;
  };

  Rotary() = default;
  // `sections` splits the D/2 pairs among the axes of the positions, in order (M-RoPE: [16, 24, 24]
  // for time, height, width); {D/2} is the ordinary one-axis form. Frequencies are always float32:
  // rounding them to bfloat16 moves states by 1e-3.
  Rotary(int64_t head_dim, double theta, std::vector<int64_t> sections, at::Device device);

  // positions: [A, N], A = number of sections.
  [[nodiscard]] Table MakeTable(const at::Tensor& positions) const;

  // x [N, H, D] -> the same shape and dtype, turned in float32.
  static at::Tensor Apply(const at::Tensor& x, const Table& table);

  // theta^(-2i/D), i = 0 .. D/2 - 1, float32.
  static at::Tensor Frequencies(int64_t head_dim, double theta, at::Device device);

 private:
  at::Tensor frequencies_;  // [D/2] float32
  at::Tensor axis_;         // [D/2] int64: which row of the positions turns this pair
};

}  // namespace gre
