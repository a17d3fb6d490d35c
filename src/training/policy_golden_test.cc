// The losses of reinforcement learning and the scores of completions against TRL's numbers (grpo/
// of the large golden set), and the gradients against finite differences.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/checkpoint_source.h"
#include "model/loader.h"
#include "model/testing/golden_prompt.h"
#include "rewards/advantages.h"
#include "training/completion_batch.h"
#include "training/layerwise_pass.h"
#include "training/policy_loss.h"
#include "training/testing/training_golden_test.h"
#include "training/token_scores.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

class PolicyGoldenTest : public testing::TrainingGoldenTest {
 protected:
  void SetUp() override {
    Load("grpo", /*adapter=*/true);
    if (IsSkipped() || HasFatalFailure()) return;
    for (const char* name : {"one_image", "text"}) {
      prompts_.push_back(testing::EncodeGoldenPrompt(folder(), forward_, *model_, name));
    }
    const at::Tensor ids = Tensor("completion_ids"), mask = Tensor("completion_mask");
    std::vector<PromptWithCompletions> items(2);
    for (int64_t i = 0; i < 8; ++i) {
      auto& item = items[static_cast<size_t>(i / 4)];
      item.prompt = &prompts_[static_cast<size_t>(i / 4)];
      const auto length = mask[i].sum().item<int64_t>();
      std::vector<int32_t> completion;
      for (int64_t t = 0; t < length; ++t) {
        completion.push_back(static_cast<int32_t>(ids[i][t].item<int64_t>()));
      }
      item.completions.push_back(std::move(completion));
    }
    batch_ = MakeCompletionBatch(items);
  }

  // The unmasked values of a padded tensor, flat.
  [[nodiscard]] at::Tensor Flat(const std::string& name) const {
    std::vector<at::Tensor> rows;
    const at::Tensor values = Tensor(name);
    for (size_t i = 0; i < batch_.lengths.size(); ++i) {
      rows.push_back(values[static_cast<int64_t>(i)].narrow(0, 0, batch_.lengths[i]));
    }
    return at::cat(rows);
  }
  std::vector<at::Tensor> AdapterLeaves() const {
    std::vector<at::Tensor> leaves;
    model_->VisitLinears([&](Linear& linear) {
      for (size_t i = 0; i < linear.projections().size(); ++i) {
        if (!linear.adapter(i)) continue;
        leaves.push_back(linear.adapter(i)->a);
        leaves.push_back(linear.adapter(i)->b);
      }
    });
    return leaves;
  }
  [[nodiscard]] CompletionPass Pass(bool recompute) const {
    return {*model_, batch_, {.recompute = recompute, .scores = {.chunk_rows = 50}}};
  }

  std::vector<EncodedPrompt> prompts_;
  CompletionBatch batch_;
};

GRE_INSTANTIATE_GOLDENS(PolicyGoldenTest);

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

TEST_P(PolicyGoldenTest, ScoresOfCompletionsThatShareTheirPrompt) {
  const at::Tensor scores = Pass(true).Scores().log_probabilities;
  EXPECT_LE(MaxDifference(scores, Flat("logp_policy")), 1e-4);
  model_->VisitLinears([](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) linear.SetAdapter(i, std::nullopt);
  });
  EXPECT_LE(MaxDifference(Pass(true).Scores().log_probabilities, Flat("logp_reference")), 1e-4);
}

TEST_P(PolicyGoldenTest, AdvantagesOfTheGoldenRewards) {
  const at::Tensor parts = Tensor("rewards");
  std::vector<double> rewards;
  for (int64_t i = 0; i < 8; ++i) rewards.push_back(parts[i].sum().item<double>());
  for (const auto& [scale, name] : {std::pair{AdvantageScale::kGroup, "advantages_group_std"},
                                    std::pair{AdvantageScale::kNone, "advantages_no_std"}}) {
    const auto found = GroupAdvantages(rewards, 4, scale).values;
    const at::Tensor expected = Tensor(name);
    for (int64_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(found[static_cast<size_t>(i)], expected[i].item<double>(), 1e-6) << name << i;
    }
  }
}

TEST_P(PolicyGoldenTest, EveryRunsLossKlClippingAndGradient) {
  const std::map<std::string, PolicyLossType> types = {{"grpo", PolicyLossType::kGrpo},
                                                       {"bnpo", PolicyLossType::kBnpo},
                                                       {"dr_grpo", PolicyLossType::kDrGrpo},
                                                       {"dapo", PolicyLossType::kDapo}};
  for (const at::Tensor& leaf : AdapterLeaves()) leaf.set_requires_grad(true);
  for (size_t i = 0; i < cases_["runs"].size(); ++i) {
    const Json& run = cases_["runs"][i];
    SCOPED_TRACE(run.dump());
    // activations kept or computed again: the same gradients
    CompletionPass pass = Pass(/*recompute=*/i % 2 == 0);
    PolicyBatch batch;
    batch.log_probabilities = pass.Scores().log_probabilities;
    if (run["old_logprobs"] == "perturbed") batch.old = Flat("logp_old_perturbed");
    batch.reference = Flat("logp_reference");
    const bool scaled = run["scale_rewards"] == "group";
    batch.advantages = Tensor(scaled ? "advantages_group_std" : "advantages_no_std");
    batch.lengths = batch_.lengths;
    PolicyLossOptions options;
    options.type = types.at(run["loss_type"].get<std::string>());
    options.epsilon_low = run["epsilon_low"].get<double>();
    options.epsilon_high = run["epsilon_high"].get<double>();
    options.beta = run["beta"].get<double>();
    options.max_completion_tokens = run["max_completion_length"].get<int64_t>();
    const int64_t tokens = batch_.targets.size(0);
    const PolicyLoss loss = ComputePolicyLoss(batch, {8, tokens}, options);
    const double expected = run["loss"].get<double>();
    EXPECT_NEAR(loss.loss, expected, 1e-4 * std::abs(expected) + 1e-6);
    const auto count = static_cast<double>(tokens);
    EXPECT_NEAR(loss.kl_sum / count, run["mean_kl"].get<double>(), 1e-5);
    EXPECT_NEAR(static_cast<double>(loss.clipped_low + loss.clipped_high) / count,
                run["clip_fraction"].get<double>(), 1e-6);
    pass.Backward(loss.gradient);
    double square = 0;
    for (const at::Tensor& leaf : AdapterLeaves()) {
      square += std::pow(at::linalg_vector_norm(leaf.grad()).item<double>(), 2);
      leaf.mutable_grad().reset();
    }
    const double norm = run["grad_norm"].get<double>();
    EXPECT_NEAR(std::sqrt(square), norm, 1e-3 * norm);
  }
}

// The gradient that each loss reports, against differences of the loss itself.
TEST(PolicyLossTest, GradientsAreThoseOfFiniteDifferences) {
  const at::Tensor scores = at::tensor({-1.0, -2.0, -0.5, -3.0, -0.2, -1.7}, at::kDouble);
  PolicyBatch batch;
  batch.old = scores + at::tensor({0.05, -0.4, 0.3, -0.02, 0.1, -0.3}, at::kDouble);
  batch.reference = scores + at::tensor({0.2, 0.1, -0.3, 0.4, -0.1, 0.0}, at::kDouble);
  batch.correction = at::tensor({1.0, 0.5, 1.0, 2.0, 0.0, 1.0}, at::kDouble);
  batch.advantages = at::tensor({1.2, -0.7, 0.4}, at::kDouble);
  batch.lengths = {2, 3, 1};
  for (const auto type : {PolicyLossType::kGrpo, PolicyLossType::kBnpo, PolicyLossType::kDrGrpo,
                          PolicyLossType::kDapo}) {
    for (const auto level : {ImportanceLevel::kToken, ImportanceLevel::kSequence}) {
      const PolicyLossOptions options = {.type = type,
                                         .importance = level,
                                         .epsilon_high = 0.28,
                                         .beta = 0.04,
                                         .max_completion_tokens = 5};
      const auto loss = [&](const at::Tensor& at_scores) {
        batch.log_probabilities = at_scores;
        return ComputePolicyLoss(batch, {4, 9}, options);
      };
      const at::Tensor gradient = loss(scores).gradient;
      for (int64_t i = 0; i < scores.size(0); ++i) {
        const at::Tensor step = at::zeros_like(scores);
        step[i] = 1e-6;
        const double slope = (loss(scores + step).loss - loss(scores - step).loss) / 2e-6;
        EXPECT_NEAR(gradient[i].item<double>(), slope, 1e-7) << static_cast<int>(type) << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace gre
