// Training on a CUDA device against the same on a CPU, which meets the reference results. Skipped
// where there is no device.
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "engine/runtime.h"
#include "model/loader.h"
#include "model/lora/new_adapter.h"
#include "training/completion_batch.h"
#include "training/policy_loss.h"
#include "training/trainable.h"

namespace gre {
namespace {

// What an update computed, on a CPU.
struct Outcome {
  std::vector<at::Tensor> values;  // scores, norm, gradients, weights after the update
};

struct Course {
  bool full = false;  // train all weights, not adapters
  bool recompute = true;
  at::ScalarType dtype = at::kFloat;
};

Outcome UpdateOnce(c10::Device device, const Course& course) {
  ModelLoadOptions options;
  options.device = device;
  options.dtype = course.dtype;
  options.trainable = true;
  auto model = LoadModel(GRE_SOURCE_DIR "/tests/goldens/model", options).value();
  const LinearWalk walk = [&](const LinearVisitor& visitor) { model->VisitLinears(visitor); };
  std::vector<TrainedParameter> parameters;
  if (course.full) {
    parameters = WeightParameters(*model, {.vision = true, .merger = true, .language = true});
  } else {
    LoraSettings lora;
    lora.rank = 4;
    lora.alpha = 8;
    EXPECT_TRUE(AddLora(walk, lora, 1, device).ok());
    model->VisitParameters(
        [](const ParameterSlice& slice) { slice.parameter->set_requires_grad(false); });
    parameters = AdapterParameters(*model);
  }
  AdamW optimiser({.beta2 = 0.999, .weight_decay = 0.01, .clip_norm = 1, .ema_decay = 0},
                  std::move(parameters));

  std::vector<uint8_t> pixels;
  for (int i = 0; i < 140 * 112 * 3; ++i) pixels.push_back(static_cast<uint8_t>(i * i / 7));
  const RgbImage photo{140, 112, std::move(pixels)};
  const RgbImage* const photos[] = {&photo};
  const ChatTurn turn{"user", {ImageSlot{}, "Where?"}};
  const EncodedPrompt prompt = model->EncodePrompt({&turn, 1}, photos, true).value();
  const PromptWithCompletions item = {&prompt, {{5, 6, 7, 8, 9}, {10, 11}, {12}}};
  const CompletionBatch batch = MakeCompletionBatch({&item, 1});
  const int64_t tokens = batch.targets.size(0);

  Outcome outcome;
  const auto keep = [&](const at::Tensor& tensor) {
    outcome.values.push_back(tensor.detach().to(at::kCPU, at::kFloat).clone());
  };
  for (int step = 0; step < 2; ++step) {
    CompletionPass pass(*model, batch,
                        {.recompute = course.recompute, .train_vision = course.full});
    const TokenScores scores = pass.Scores();
    keep(scores.log_probabilities);
    keep(scores.entropies);
    PolicyBatch policy;
    policy.log_probabilities = scores.log_probabilities;
    policy.old = scores.log_probabilities - 0.1;
    policy.reference = scores.log_probabilities + 0.1;
    policy.advantages = at::tensor({1.0, -0.5, 0.25}, at::kFloat).to(device);
    policy.lengths = batch.lengths;
    const PolicyLoss loss =
        ComputePolicyLoss(policy, {3, tokens}, {.type = PolicyLossType::kDapo, .beta = 0.04});
    keep(loss.gradient);
    pass.Backward(loss.gradient);
    if (course.dtype == at::kFloat && step == 0) {
      for (const TrainedParameter& parameter : optimiser.parameters()) {
        if (parameter.value.grad().defined()) keep(parameter.value.grad());
      }
    }
    keep(at::full({1}, optimiser.Step(1e-3)));
  }
  return outcome;
}

class CudaTrainingTest : public ::testing::TestWithParam<Course> {};

TEST_P(CudaTrainingTest, AnUpdateIsThatOfTheCpu) {
  const auto device = ResolveDevice(DeviceChoice::kCuda);
  if (!device.ok()) GTEST_SKIP() << device.error().message;
  const Outcome expected = UpdateOnce(c10::kCPU, GetParam());
  const Outcome found = UpdateOnce(*device, GetParam());
  const double tolerance = GetParam().dtype == at::kFloat ? 1e-3 : 0.1;
  ASSERT_EQ(found.values.size(), expected.values.size());
  for (size_t i = 0; i < found.values.size(); ++i) {
    const at::Tensor& want = expected.values[i];
    const double scale = std::max(1e-6, want.abs().max().item<double>());
    EXPECT_LE((found.values[i] - want).abs().max().item<double>() / scale, tolerance) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaTrainingTest,
                         ::testing::Values(Course{}, Course{.recompute = false},
                                           Course{.full = true}, Course{.dtype = at::kBFloat16}));

}  // namespace
}  // namespace gre
