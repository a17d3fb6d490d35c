#include "kernels/decoder_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/simd.h"

namespace gre {
namespace {

using simd::Floats;
using simd::kLanes;
using simd::Load;
using simd::Store;

// Sum of squares of a row.
template <typename T>
GRE_INLINE float SquareSum(const T* x, int64_t size) {
  Floats squares = {};
  for (int64_t i = 0; i < size; i += kLanes) {
    Floats v;
    Load(x + i, size - i, v);
    squares += v * v;
  }
  return simd::Sum(squares);
}

template <typename T>
GRE_INLINE void NormaliseRow(const T* x, const T* weight, float eps, int64_t size, T* out) {
  const float scale = 1.0f / std::sqrt(SquareSum(x, size) / static_cast<float>(size) + eps);
  for (int64_t i = 0; i < size; i += kLanes) {
    Floats v, w;
    Load(x + i, size - i, v);
    Load(weight + i, size - i, w);
    Store(v * scale * w, size - i, out + i);
  }
}

struct RmsNormBody {
  template <typename T>
  GRE_INLINE static void Run(const T* x, const T* weight, float eps, int64_t rows, int64_t size,
                             T* out) {
    for (int64_t row = 0; row < rows; ++row, x += size, out += size) {
      NormaliseRow(x, weight, eps, size, out);
    }
  }
};

struct AddRmsNormBody {
  template <typename T>
  GRE_INLINE static void Run(const T* x, const T* y, const T* weight, float eps, int64_t rows,
                             int64_t size, T* sum, T* out) {
    for (int64_t row = 0; row < rows; ++row, x += size, y += size, sum += size, out += size) {
      for (int64_t i = 0; i < size; i += kLanes) {
        Floats a, b;
        Load(x + i, size - i, a);
        Load(y + i, size - i, b);
        Store(a + b, size - i, sum + i);
      }
      NormaliseRow(sum, weight, eps, size, out);
    }
  }
};

struct SiluMulBody {
  template <typename T>
  GRE_INLINE static void Run(const T* gate_up, int64_t rows, int64_t size, T* out) {
    for (int64_t row = 0; row < rows; ++row, gate_up += 2 * size, out += size) {
      for (int64_t i = 0; i < size; i += kLanes) {
        Floats gate, up, e;
        Load(gate_up + i, size - i, gate);
        Load(gate_up + size + i, size - i, up);
        const Floats most = Floats{} + 88.0f;
        const Floats negated = -gate;
        simd::Exp(negated > most ? most : negated, e);
        Store(gate / (1.0f + e) * up, size - i, out + i);
      }
    }
  }
};

struct RotateBody {
  template <typename T>
  GRE_INLINE static void Run(const T* x, int64_t stride, const float* cos, const float* sin,
                             int64_t rows, int64_t heads, int64_t half, T* out) {
    for (int64_t row = 0; row < rows; ++row, x += stride, cos += half, sin += half) {
      const T* head = x;
      for (int64_t h = 0; h < heads; ++h, head += 2 * half, out += 2 * half) {
        for (int64_t i = 0; i < half; i += kLanes) {
          Floats a, b, c, s;
          Load(head + i, half - i, a);
          Load(head + half + i, half - i, b);
          Load(cos + i, half - i, c);
          Load(sin + i, half - i, s);
          Store(a * c - b * s, half - i, out + i);
          Store(b * c + a * s, half - i, out + half + i);
        }
      }
    }
  }
};

GRE_INLINE void Scale(float* values, float factor, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    Floats v;
    Load(values + i, count - i, v);
    Store(v * factor, count - i, values + i);
  }
}

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// Raises row's maximum to `max`, scaling what has been summed under the old one.
GRE_INLINE void RaiseMax(const AttentionState& state, int64_t row, float max, int64_t dim) {
  if (max <= state.max[row]) return;
  if (state.max[row] != kNothing) {
    const float factor = std::exp(state.max[row] - max);
    state.sum[row] *= factor;
    Scale(state.out + row * dim, factor, dim);
  }
  state.max[row] = max;
}

// Blocks of kLanes keys: as float32 they stay in the first-level cache for all rows.
struct AccumulateBody {
  template <typename T>
  GRE_INLINE static void Run(const float* queries, int64_t rows, const T* keys, const T* values,
                             int64_t count, int64_t dim, const AttentionState& state) {
    alignas(64) float key_block[kLanes * kMaxHeadDim];
    alignas(64) float value_block[kLanes * kMaxHeadDim];
    const int64_t stride = (dim + kLanes - 1) / kLanes * kLanes;  // rows padded with zeros
    for (int64_t begin = 0; begin < count; begin += kLanes) {
      const int64_t block = std::min(kLanes, count - begin);
      for (int64_t key = 0; key < block; ++key) {
        for (int64_t i = 0; i < dim; i += kLanes) {
          Floats k, v;
          Load(keys + (begin + key) * dim + i, dim - i, k);
          Load(values + (begin + key) * dim + i, dim - i, v);
          Store(k, key_block + key * stride + i);
          Store(v, value_block + key * stride + i);
        }
      }
      for (int64_t row = 0; row < rows; ++row) {
        const float* query = queries + row * dim;
        alignas(64) float weights[kLanes];
        std::fill(weights, weights + kLanes, kNothing);
        for (int64_t key = 0; key < block; ++key) {
          Floats products = {};
          for (int64_t i = 0; i < dim; i += kLanes) {
            Floats q, k;
            Load(query + i, dim - i, q);
            Load(key_block + key * stride + i, k);
            products += q * k;
          }
          weights[key] = simd::Sum(products);
        }
        Floats scores;
        Load(weights, scores);
        RaiseMax(state, row, simd::Max(scores), dim);
        Floats exponentials;
        simd::Exp(scores - state.max[row], exponentials);
        Store(exponentials, weights);
        float* out = state.out + row * dim;
        for (int64_t key = 0; key < block; ++key) state.sum[row] += weights[key];
        for (int64_t i = 0; i < dim; i += kLanes) {
          Floats total;
          Load(out + i, dim - i, total);
          for (int64_t key = 0; key < block; ++key) {
            Floats v;
            Load(value_block + key * stride + i, v);
            total += weights[key] * v;
          }
          Store(total, dim - i, out + i);
        }
      }
    }
  }
};

struct CombineBody {
  GRE_INLINE static void Run(const AttentionState& part, int64_t rows, int64_t dim,
                             const AttentionState& total) {
    for (int64_t row = 0; row < rows; ++row) {
      if (part.max[row] == kNothing) continue;
      RaiseMax(total, row, part.max[row], dim);
      const float factor = std::exp(part.max[row] - total.max[row]);
      total.sum[row] += factor * part.sum[row];
      for (int64_t i = 0; i < dim; i += kLanes) {
        Floats a, b;
        Load(part.out + row * dim + i, dim - i, a);
        Load(total.out + row * dim + i, dim - i, b);
        Store(b + factor * a, dim - i, total.out + row * dim + i);
      }
    }
  }
};

}  // namespace

void RmsNormRows(const float* x, const float* weight, float eps, int64_t rows, int64_t size,
                 float* out) {
  simd::Dispatch<RmsNormBody>(x, weight, eps, rows, size, out);
}
void RmsNormRows(const BFloat16* x, const BFloat16* weight, float eps, int64_t rows, int64_t size,
                 BFloat16* out) {
  simd::Dispatch<RmsNormBody>(x, weight, eps, rows, size, out);
}

void AddRmsNormRows(const float* x, const float* y, const float* weight, float eps, int64_t rows,
                    int64_t size, float* sum, float* out) {
  simd::Dispatch<AddRmsNormBody>(x, y, weight, eps, rows, size, sum, out);
}
void AddRmsNormRows(const BFloat16* x, const BFloat16* y, const BFloat16* weight, float eps,
                    int64_t rows, int64_t size, BFloat16* sum, BFloat16* out) {
  simd::Dispatch<AddRmsNormBody>(x, y, weight, eps, rows, size, sum, out);
}

void SiluMulRows(const float* gate_up, int64_t rows, int64_t size, float* out) {
  simd::Dispatch<SiluMulBody>(gate_up, rows, size, out);
}
void SiluMulRows(const BFloat16* gate_up, int64_t rows, int64_t size, BFloat16* out) {
  simd::Dispatch<SiluMulBody>(gate_up, rows, size, out);
}

void RotateRows(const float* x, int64_t stride, const float* cos, const float* sin, int64_t rows,
                int64_t heads, int64_t half, float* out) {
  simd::Dispatch<RotateBody>(x, stride, cos, sin, rows, heads, half, out);
}
void RotateRows(const BFloat16* x, int64_t stride, const float* cos, const float* sin, int64_t rows,
                int64_t heads, int64_t half, BFloat16* out) {
  simd::Dispatch<RotateBody>(x, stride, cos, sin, rows, heads, half, out);
}

void AccumulateAttention(const float* queries, int64_t rows, const float* keys, const float* values,
                         int64_t count, int64_t dim, const AttentionState& state) {
  simd::Dispatch<AccumulateBody>(queries, rows, keys, values, count, dim, state);
}
void AccumulateAttention(const float* queries, int64_t rows, const BFloat16* keys,
                         const BFloat16* values, int64_t count, int64_t dim,
                         const AttentionState& state) {
  simd::Dispatch<AccumulateBody>(queries, rows, keys, values, count, dim, state);
}

void CombineAttention(const AttentionState& part, int64_t rows, int64_t dim,
                      const AttentionState& total) {
  simd::Dispatch<CombineBody>(part, rows, dim, total);
}

}  // namespace gre
