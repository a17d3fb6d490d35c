#include "image/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "image/resize.h"

namespace gre {
namespace {

constexpr int kSide = 32;
constexpr int kFrequencies = 8;

using Basis = std::array<std::array<double, kSide>, kFrequencies>;

// cos((2 x + 1) f pi / (2 N)) for f = 1 … 8.
Basis MakeBasis() {
  Basis basis;
  for (int f = 0; f < kFrequencies; ++f) {
    for (int x = 0; x < kSide; ++x) {
      basis[f][x] = std::cos((2 * x + 1) * (f + 1) * std::numbers::pi / (2 * kSide));
    }
  }
  return basis;
}

}  // namespace

std::optional<uint64_t> PerceptualHash(const RgbImage& image) {
  static const Basis kBasis = MakeBasis();
  const RgbImage small = Resize(image, {kSide, kSide}, ResizeFilter::kBilinear);
  std::array<std::array<double, kSide>, kSide> luma;  // [y][x]
  double sum = 0;
  double squares = 0;
  for (int y = 0; y < kSide; ++y) {
    const std::span<const uint8_t> row = small.Row(y);
    for (int x = 0; x < kSide; ++x) {
      const size_t at = 3 * static_cast<size_t>(x);
      luma[y][x] = 0.299 * row[at] + 0.587 * row[at + 1] + 0.114 * row[at + 2];
      sum += luma[y][x];
      squares += luma[y][x] * luma[y][x];
    }
  }
  constexpr double kPixels = kSide * kSide;
  const double mean = sum / kPixels;
  if (squares / kPixels - mean * mean < 1) return std::nullopt;

  std::array<std::array<double, kSide>, kFrequencies> columns = {};  // [v][x]
  for (int v = 0; v < kFrequencies; ++v) {
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) columns[v][x] += kBasis[v][y] * luma[y][x];
    }
  }
  std::array<double, kFrequencies* kFrequencies> coefficients = {};
  for (int v = 0; v < kFrequencies; ++v) {
    for (int u = 0; u < kFrequencies; ++u) {
      double& coefficient = coefficients[kFrequencies * v + u];
      for (int x = 0; x < kSide; ++x) coefficient += kBasis[u][x] * columns[v][x];
    }
  }
  std::array<double, kFrequencies* kFrequencies> ordered = coefficients;
  std::ranges::sort(ordered);
  const double median = (ordered[31] + ordered[32]) / 2;
  uint64_t hash = 0;
  for (size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] > median) hash |= uint64_t{1} << i;
  }
  return hash;
}

}  // namespace gre
