#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.h"
#include "kernels/decoder_kernels.h"
#include "kernels/simd.h"

namespace gre {
namespace {

std::vector<float> Noise(Random& random, int64_t count, double scale = 1) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(random.Normal() * scale);
  return values;
}

BFloat16 ToBFloat16(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
float ToFloat(BFloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}
std::vector<BFloat16> ToBFloat16(const std::vector<float>& values) {
  std::vector<BFloat16> result;
  for (const float value : values) result.push_back(ToBFloat16(value));
  return result;
}

using simd::InstructionSet;

// Every test runs on each instruction set that this processor has.
class DecoderKernelsTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    if (GetParam() > simd::BestInstructionSet()) GTEST_SKIP() << "not on this processor";
    simd::UsedInstructionSet() = GetParam();
  }
  void TearDown() override { simd::UsedInstructionSet() = simd::BestInstructionSet(); }
};
INSTANTIATE_TEST_SUITE_P(InstructionSets, DecoderKernelsTest,
                         testing::Values(InstructionSet::kPortable, InstructionSet::kAvx2,
                                         InstructionSet::kAvx512));

constexpr int64_t kWidths[] = {1, 15, 16, 17, 40, 48, 100};
// Stands behind every result; a kernel that writes past its rows changes it.
constexpr float kSentinel = 12345;

TEST_P(DecoderKernelsTest, RmsNormFollowsItsFormula) {
  Random random(1);
  for (const int64_t width : kWidths) {
    const auto size = static_cast<size_t>(width);
    const auto x = Noise(random, 3 * width, 5);
    const auto weight = Noise(random, width);
    std::vector<float> out(x.size() + 1, kSentinel);
    RmsNormRows(x.data(), weight.data(), 1e-6f, 3, width, out.data());
    EXPECT_EQ(out.back(), kSentinel);
    for (size_t row = 0; row < 3; ++row) {
      double squares = 0;
      for (size_t i = 0; i < size; ++i) squares += std::pow(x[row * size + i], 2);
      const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + 1e-6);
      for (size_t i = 0; i < size; ++i) {
        EXPECT_NEAR(out[row * size + i], weight[i] * x[row * size + i] * scale, 1e-5);
      }
    }
  }
}

TEST_P(DecoderKernelsTest, AddRmsNormIsTheSumAsStoredAndItsNorm) {
  Random random(4);
  for (const int64_t width : kWidths) {
    const auto x = ToBFloat16(Noise(random, 3 * width, 5));
    const auto y = ToBFloat16(Noise(random, 3 * width));
    const auto weight = ToBFloat16(Noise(random, width));
    std::vector<BFloat16> expected_sum, sum(x.size()), expected(x.size()), out(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      expected_sum.push_back(ToBFloat16(ToFloat(x[i]) + ToFloat(y[i])));
    }
    RmsNormRows(expected_sum.data(), weight.data(), 1e-6f, 3, width, expected.data());
    AddRmsNormRows(x.data(), y.data(), weight.data(), 1e-6f, 3, width, sum.data(), out.data());
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(sum[i].bits, expected_sum[i].bits);
      EXPECT_EQ(out[i].bits, expected[i].bits);
    }
  }
}

TEST_P(DecoderKernelsTest, SiluMulIncludingLargeNumbers) {
  for (const int64_t width : kWidths) {
    const auto size = static_cast<size_t>(width);
    std::vector<float> gate_up(2 * size, 2.0f);
    for (size_t i = 0; i < size; ++i) gate_up[i] = static_cast<float>((i * 37) % 31) * 12 - 192;
    std::vector<float> out(size + 1, kSentinel);
    SiluMulRows(gate_up.data(), 1, width, out.data());
    EXPECT_EQ(out.back(), kSentinel);
    for (size_t i = 0; i < size; ++i) {
      const double gate = gate_up[i];
      EXPECT_NEAR(out[i], 2 * gate / (1 + std::exp(-gate)), 1e-5 * (1 + std::abs(gate)));
    }
  }
}

TEST_P(DecoderKernelsTest, BFloat16RoundsToNearestEvenAndKeepsNan) {
  // Rotation by zero copies; the values pass through float32 and back.
  constexpr int64_t kHalf = 16;
  const std::vector<float> cos(kHalf, 1.0f);
  const std::vector<float> sin(kHalf, 0.0f);
  auto x = ToBFloat16(std::vector<float>(2 * kHalf, 1.5f));
  x[3].bits = 0x7fff;  // NaN with every bit set
  x[4].bits = 0xff80;  // -infinity
  std::vector<BFloat16> out(2 * kHalf);
  RotateRows(x.data(), 2 * kHalf, cos.data(), sin.data(), 1, 1, kHalf, out.data());
  EXPECT_EQ(out[0].bits, x[0].bits);
  EXPECT_TRUE(std::isnan(ToFloat(out[3])));
  // 1 + 2^-8 lies half-way between two neighbours: the even one, 1, is taken.
  std::vector<BFloat16> ones = ToBFloat16(std::vector<float>(2 * kHalf, 1.0f));
  const std::vector<float> half_way(kHalf, 1.0f + 0x1p-8f);
  RotateRows(ones.data(), 2 * kHalf, half_way.data(), sin.data(), 1, 1, kHalf, out.data());
  EXPECT_EQ(ToFloat(out[0]), 1.0f);
}

TEST_P(DecoderKernelsTest, RotationTurnsEachPairByItsAngle) {
  Random random(2);
  for (const int64_t half : kWidths) {
    const auto pairs = static_cast<size_t>(half);
    const int64_t stride = 3 * 2 * half;  // two of three heads are turned
    const auto x = Noise(random, 2 * stride);
    std::vector<float> cos, sin;
    for (int64_t i = 0; i < 2 * half; ++i) {
      cos.push_back(std::cos(0.3f * static_cast<float>(i)));
      sin.push_back(std::sin(0.3f * static_cast<float>(i)));
    }
    std::vector<float> out(2 * 2 * 2 * pairs + 1, kSentinel);
    RotateRows(x.data(), stride, cos.data(), sin.data(), 2, 2, half, out.data());
    EXPECT_EQ(out.back(), kSentinel);
    for (size_t row = 0; row < 2; ++row) {
      for (size_t head = 0; head < 2; ++head) {
        const float* in = x.data() + row * static_cast<size_t>(stride) + head * 2 * pairs;
        const float* turned = out.data() + (row * 2 + head) * 2 * pairs;
        for (size_t i = 0; i < pairs; ++i) {
          const float c = cos[row * pairs + i];
          const float s = sin[row * pairs + i];
          EXPECT_NEAR(turned[i], in[i] * c - in[i + pairs] * s, 1e-6);
          EXPECT_NEAR(turned[i + pairs], in[i + pairs] * c + in[i] * s, 1e-6);
        }
      }
    }
  }
}

struct State {
  State(int64_t rows, int64_t dim)
      : max(static_cast<size_t>(rows), -std::numeric_limits<float>::infinity()),
        sum(static_cast<size_t>(rows)),
        out(static_cast<size_t>(rows * dim)) {}
  AttentionState view() { return {max.data(), sum.data(), out.data()}; }
  std::vector<float> max, sum, out;
};

// Keys in two parts of odd length, combined, against softmax in double precision.
template <typename T>
void CheckAttention(const std::vector<float>& keys, const std::vector<float>& values,
                    const std::vector<T>& stored_keys, const std::vector<T>& stored_values,
                    const std::vector<float>& queries, int64_t rows, int64_t count, int64_t dim) {
  State first(rows, dim);
  State total(rows, dim);
  const int64_t split = count / 3;
  AccumulateAttention(queries.data(), rows, stored_keys.data(), stored_values.data(), split, dim,
                      first.view());
  AccumulateAttention(queries.data(), rows, stored_keys.data() + split * dim,
                      stored_values.data() + split * dim, count - split, dim, total.view());
  CombineAttention(first.view(), rows, dim, total.view());
  const auto at = [dim](const std::vector<float>& m, int64_t row, int64_t i) {
    return static_cast<double>(m[static_cast<size_t>(row * dim + i)]);
  };
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> scores;
    double max = -1e300;
    for (int64_t key = 0; key < count; ++key) {
      double score = 0;
      for (int64_t i = 0; i < dim; ++i) score += at(queries, row, i) * at(keys, key, i);
      scores.push_back(score);
      max = std::max(max, score);
    }
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - max);
    for (int64_t i = 0; i < dim; ++i) {
      double expected = 0;
      for (int64_t key = 0; key < count; ++key) {
        expected += scores[static_cast<size_t>(key)] * at(values, key, i) / sum;
      }
      const double found = at(total.out, row, i) / total.sum[static_cast<size_t>(row)];
      EXPECT_NEAR(found, expected, 2e-5) << row << ' ' << i;
    }
  }
}

TEST_P(DecoderKernelsTest, AttentionInPartsEqualsSoftmax) {
  Random random(3);
  struct Case {
    int64_t count, dim;
  };
  for (const auto& [count, dim] :
       {Case{1, 32}, {16, 32}, {45, 32}, {130, 32}, {45, 1}, {45, 20}, {130, 80}}) {
    constexpr int64_t kRows = 5;
    const auto queries = Noise(random, kRows * dim, 0.7);
    auto keys = Noise(random, count * dim);
    auto values = Noise(random, count * dim);
    CheckAttention(keys, values, keys, values, queries, kRows, count, dim);
    const auto stored_keys = ToBFloat16(keys);
    const auto stored_values = ToBFloat16(values);
    for (size_t i = 0; i < keys.size(); ++i) {
      keys[i] = ToFloat(stored_keys[i]);
      values[i] = ToFloat(stored_values[i]);
    }
    CheckAttention(keys, values, stored_keys, stored_values, queries, kRows, count, dim);
  }
}

}  // namespace
}  // namespace gre
