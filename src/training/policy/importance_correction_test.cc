#include "training/policy/importance_correction.h"

#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

constexpr float kLog2 = 0.69314718F;

std::vector<float> Values(const at::Tensor& tensor) {
  const float* values = tensor.const_data_ptr<float>();
  return {values, values + tensor.numel()};
}

// Two completions: the trainer thinks both tokens of the first twice as probable as the server did,
// the one of the second a quarter as probable.
class ImportanceCorrectionTest : public ::testing::Test {
 protected:
  ImportanceCorrection Correct(CorrectionKind kind, ImportanceLevel level, double floor = 0) {
    return CorrectImportance(ours_, theirs_, {2, 1}, {kind, level, floor, 3});
  }
  at::Tensor ours_ = at::tensor({-1.0F, -0.5F, -2 - 2 * kLog2});
  at::Tensor theirs_ = at::tensor({-1 - kLog2, -0.5F - kLog2, -2.0F});
};

TEST_F(ImportanceCorrectionTest, EqualsHandValues) {
  const auto near = [](float value) { return FloatNear(value, 1e-5F); };
  const auto token = Correct(CorrectionKind::kMask, ImportanceLevel::kToken);
  EXPECT_THAT(Values(token.weights), ElementsAre(near(2), near(2), near(0.25F)));
  EXPECT_EQ(token.mismatch.corrected, 0);
  EXPECT_EQ(token.mismatch.tokens, 3);
  EXPECT_NEAR(token.mismatch.absolute, 4 * kLog2, 1e-5);
  EXPECT_NEAR(token.mismatch.largest, 2 * kLog2, 1e-5);
  EXPECT_NEAR(token.mismatch.ratios, 4.25, 1e-5);

  const auto floored = Correct(CorrectionKind::kMask, ImportanceLevel::kToken, 0.5);
  EXPECT_THAT(Values(floored.weights), ElementsAre(near(2), near(2), near(0)));
  EXPECT_EQ(floored.mismatch.corrected, 1);

  // the whole first completion is 4 times as probable
  const auto masked = Correct(CorrectionKind::kMask, ImportanceLevel::kSequence);
  EXPECT_THAT(Values(masked.weights), ElementsAre(near(0), near(0), near(0.25F)));
  EXPECT_EQ(masked.mismatch.corrected, 2);
  const auto truncated = Correct(CorrectionKind::kTruncate, ImportanceLevel::kSequence, 0.5);
  EXPECT_THAT(Values(truncated.weights), ElementsAre(near(3), near(3), near(0.5F)));
  EXPECT_EQ(truncated.mismatch.corrected, 3);

  const auto none = Correct(CorrectionKind::kNone, ImportanceLevel::kToken);
  EXPECT_FALSE(none.weights.defined());
  EXPECT_NEAR(none.mismatch.absolute, 4 * kLog2, 1e-5);
}

// A token that the server calls impossible (vLLM's -9999) has an infinite weight.
TEST_F(ImportanceCorrectionTest, WhatTheServerCallsImpossibleStaysFinite) {
  theirs_ = at::tensor({-9999.0F, -0.5F, -2.0F});
  for (const ImportanceLevel level : {ImportanceLevel::kToken, ImportanceLevel::kSequence}) {
    EXPECT_EQ(Values(Correct(CorrectionKind::kMask, level).weights)[0], 0);
    EXPECT_EQ(Values(Correct(CorrectionKind::kTruncate, level).weights)[0], 3);
    EXPECT_TRUE(std::isfinite(Correct(CorrectionKind::kMask, level).mismatch.ratios));
  }
}

// The correction multiplies the policy's part of the loss and leaves the KL alone.
TEST_F(ImportanceCorrectionTest, MultipliesTheLossOfItsTokens) {
  PolicyBatch batch;
  batch.log_probabilities = ours_;
  batch.reference = ours_ - 0.5;
  batch.advantages = at::tensor({1.0F, -1.0F});
  batch.lengths = {2, 1};
  batch.correction = Correct(CorrectionKind::kTruncate, ImportanceLevel::kToken).weights;
  const PolicyLoss loss =
      ComputePolicyLoss(batch, {2, 3}, {.type = PolicyLossType::kDapo, .beta = 0.1});
  const double kl = std::exp(-0.5) + 0.5 - 1;
  EXPECT_NEAR(loss.loss, (-2.0 - 2.0 + 0.25) / 3 + 0.1 * kl, 1e-6);
}

}  // namespace
}  // namespace gre
