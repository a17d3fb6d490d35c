#pragma once

#include <cstdint>

#include "kernels/bfloat16.h"

namespace gre {

// The small steps of a transformer decoder, each in one pass over its data; the matrix products
// around them belong to LibTorch. Single-threaded: callers split rows among threads. Widths
// (`size`, `half`, `dim`) are any positive number, multiples of 16 the fastest; storage is float32
// or bfloat16, arithmetic float32.
inline constexpr int64_t kMaxHeadDim = 256;

// out = weight * x / sqrt(mean(x^2) + eps), row by row. x, out: [rows, size].
void RmsNormRows(const float* x, const float* weight, float eps, int64_t rows, int64_t size,
                 float* out);
void RmsNormRows(const BFloat16* x, const BFloat16* weight, float eps, int64_t rows, int64_t size,
                 BFloat16* out);

// sum = x + y as it is stored, out = the RMS norm of sum. x, y, sum, out: [rows, size]; sum may be
// x or y.
void AddRmsNormRows(const float* x, const float* y, const float* weight, float eps, int64_t rows,
                    int64_t size, float* sum, float* out);
void AddRmsNormRows(const BFloat16* x, const BFloat16* y, const BFloat16* weight, float eps,
                    int64_t rows, int64_t size, BFloat16* sum, BFloat16* out);

// out = silu(gate) * up. gate_up: [rows, 2 * size], the gate first; out: [rows, size].
void SiluMulRows(const float* gate_up, int64_t rows, int64_t size, float* out);
void SiluMulRows(const BFloat16* gate_up, int64_t rows, int64_t size, BFloat16* out);

// Turns the pairs (x[i], x[i + half]) of each head. x: `rows` rows, `stride` values apart, each
// with `heads` heads of 2 * half values; cos, sin: [rows, half]; out: [rows, heads, 2 * half].
void RotateRows(const float* x, int64_t stride, const float* cos, const float* sin, int64_t rows,
                int64_t heads, int64_t half, float* out);
void RotateRows(const BFloat16* x, int64_t stride, const float* cos, const float* sin, int64_t rows,
                int64_t heads, int64_t half, BFloat16* out);

// Running softmax-weighted sum of values for each of `rows` queries (online softmax, arXiv
// 1805.02867): the attention over any split of the keys is out / sum after combining the parts.
struct AttentionState {
  float* max = nullptr;  // [rows], -infinity at first
  float* sum = nullptr;  // [rows], 0 at first
  float* out = nullptr;  // [rows, dim], 0 at first
};

// Adds `count` keys and values of one head, each [count, dim], to the state. queries: [rows, dim],
// already scaled; dim <= kMaxHeadDim.
void AccumulateAttention(const float* queries, int64_t rows, const float* keys, const float* values,
                         int64_t count, int64_t dim, const AttentionState& state);
void AccumulateAttention(const float* queries, int64_t rows, const BFloat16* keys,
                         const BFloat16* values, int64_t count, int64_t dim,
                         const AttentionState& state);

// Adds the state `part` of the same queries to `total`.
void CombineAttention(const AttentionState& part, int64_t rows, int64_t dim,
                      const AttentionState& total);

}  // namespace gre
