#include "image/resample_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gre {
namespace {

constexpr int32_t kHalf = 1 << (kResampleWeightBits - 1);

uint8_t ToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kResampleWeightBits, 0, 255));
}

void PortableColumns(const uint8_t* in, int rows, int in_width, const ResampleTaps& taps,
                     uint8_t* out) {
  for (int y = 0; y < rows; ++y, in += 3 * static_cast<size_t>(in_width)) {
    const int32_t* weights = taps.weights.data();
    for (size_t x = 0; x < taps.first.size(); ++x, weights += taps.count, out += 3) {
      const uint8_t* pixel = in + 3 * static_cast<size_t>(taps.first[x]);
      int32_t sums[3] = {kHalf, kHalf, kHalf};
      for (int i = 0; i < taps.used[x]; ++i, pixel += 3) {
        sums[0] += pixel[0] * weights[i];
        sums[1] += pixel[1] * weights[i];
        sums[2] += pixel[2] * weights[i];
      }
      out[0] = ToByte(sums[0]);
      out[1] = ToByte(sums[1]);
      out[2] = ToByte(sums[2]);
    }
  }
}

// Bytes [begin, stride) of one output row.
void PortableRow(const uint8_t* top, size_t begin, size_t stride, int used, const int32_t* weights,
                 uint8_t* out) {
  for (size_t x = begin; x < stride; ++x) {
    int32_t sum = kHalf;
    for (int i = 0; i < used; ++i) {
      sum += top[static_cast<size_t>(i) * stride + x] * weights[i];
    }
    out[x] = ToByte(sum);
  }
}

void PortableRows(const uint8_t* in, size_t stride, const ResampleTaps& taps, uint8_t* out) {
  const int32_t* weights = taps.weights.data();
  for (size_t y = 0; y < taps.first.size(); ++y, weights += taps.count, out += stride) {
    PortableRow(in + static_cast<size_t>(taps.first[y]) * stride, 0, stride, taps.used[y], weights,
                out);
  }
}

#if defined(__x86_64__)

// RGB -> RGB0, so that two pixels are eight bytes.
__attribute__((target("avx2"))) void PadRow(const uint8_t* in, int width, uint8_t* padded) {
  const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
  int x = 0;
  for (; x + 6 <= width; x += 4, in += 12, padded += 16) {  // loads 16 bytes, uses 12
    const __m128i pixels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(padded), _mm_shuffle_epi8(pixels, spread));
  }
  for (; x < width; ++x, in += 3, padded += 4) {
    std::memcpy(padded, in, 3);
  }
}

__attribute__((target("avx2"))) void Avx2Columns(const uint8_t* in, int rows, int in_width,
                                                 const ResampleTaps& taps, uint8_t* out) {
  // Each weight four times, for the lanes R, G, B and an unused one.
  std::vector<int32_t> wide(taps.weights.size() * 4);
  for (size_t i = 0; i < wide.size(); ++i) {
    wide[i] = taps.weights[i / 4];
  }
  std::vector<uint8_t> padded((static_cast<size_t>(in_width) + 2) * 4);
  const __m256i start = _mm256_setr_epi32(kHalf, kHalf, kHalf, 0, 0, 0, 0, 0);
  for (int y = 0; y < rows; ++y, in += 3 * static_cast<size_t>(in_width)) {
    PadRow(in, in_width, padded.data());
    for (size_t x = 0; x < taps.first.size(); ++x, out += 3) {
      const uint8_t* pixels = padded.data() + 4 * static_cast<size_t>(taps.first[x]);
      const int32_t* weights = wide.data() + 4 * x * static_cast<size_t>(taps.count);
      __m256i sums = start;
      for (int i = 0; i < taps.used[x]; i += 2, pixels += 8, weights += 8) {
        const __m256i two_pixels = _mm256_cvtepu8_epi32(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixels)));  // R G B 0 R G B 0
        const __m256i two_weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
        sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(two_pixels, two_weights));
      }
      __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
      sum = _mm_srai_epi32(sum, kResampleWeightBits);
      sum = _mm_packus_epi16(_mm_packs_epi32(sum, sum), sum);
      const int bytes = _mm_cvtsi128_si32(sum);
      std::memcpy(out, &bytes, 4);  // the fourth byte is overwritten by the next pixel
    }
  }
}

__attribute__((target("avx2"))) void Avx2Rows(const uint8_t* in, size_t stride,
                                              const ResampleTaps& taps, uint8_t* out) {
  const __m256i half = _mm256_set1_epi32(kHalf);
  const int32_t* weights = taps.weights.data();
  for (size_t y = 0; y < taps.first.size(); ++y, weights += taps.count, out += stride) {
    const uint8_t* top = in + static_cast<size_t>(taps.first[y]) * stride;
    size_t x = 0;
    for (; x + 16 <= stride; x += 16) {
      __m256i left = half;
      __m256i right = half;
      const uint8_t* column = top + x;
      for (int i = 0; i < taps.used[y]; ++i, column += stride) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(column));
        const __m256i weight = _mm256_set1_epi32(weights[i]);
        left = _mm256_add_epi32(left, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight));
        right = _mm256_add_epi32(
            right,
            _mm256_mullo_epi32(_mm256_cvtepu8_epi32(_mm_unpackhi_epi64(bytes, bytes)), weight));
      }
      left = _mm256_srai_epi32(left, kResampleWeightBits);
      right = _mm256_srai_epi32(right, kResampleWeightBits);
      // packs works within 128-bit lanes: put the quarters back in order.
      const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(left, right), 0xD8);
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(out + x),
          _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
    PortableRow(top, x, stride, taps.used[y], weights, out);
  }
}

#endif

}  // namespace

const ResampleKernels& PortableResampleKernels() {
  static constexpr ResampleKernels kKernels = {PortableColumns, PortableRows};
  return kKernels;
}

const ResampleKernels& SelectResampleKernels() {
#if defined(__x86_64__)
  static constexpr ResampleKernels kAvx2 = {Avx2Columns, Avx2Rows};
  if (__builtin_cpu_supports("avx2")) {
    return kAvx2;
  }
#endif
  return PortableResampleKernels();
}

}  // namespace gre
