#include "training/policy_loss.h"

#include <algorithm>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/check.h"

namespace gre {

PolicyLoss ComputePolicyLoss(const PolicyBatch& batch, const AccumulatedBatch& accumulated,
                             const PolicyLossOptions& options) {
  const auto completions = static_cast<int64_t>(batch.lengths.size());
  const int64_t tokens = std::accumulate(batch.lengths.begin(), batch.lengths.end(), int64_t{0});
  GRE_CHECK(tokens == batch.log_probabilities.size(0) && completions == batch.advantages.size(0));
  GRE_CHECK(options.beta == 0 || batch.reference.defined());

  const at::AutoGradMode graph(true);
  const at::Tensor leaf = batch.log_probabilities.detach().set_requires_grad(true);
  const at::Tensor lengths = at::tensor(batch.lengths, at::kLong).to(leaf.device());
  const auto spread = [&](const at::Tensor& of_completions) {
    return at::repeat_interleave(of_completions, lengths, 0, tokens);
  };
  const at::Tensor owners = spread(at::arange(completions, lengths.options()));
  const auto sums = [&](const at::Tensor& of_tokens) {
    return at::zeros({completions}, of_tokens.options()).index_add(0, owners, of_tokens);
  };

  at::Tensor log_ratio = leaf - (batch.old.defined() ? batch.old : leaf.detach());
  if (options.importance == ImportanceLevel::kSequence) {
    log_ratio = spread(sums(log_ratio) / lengths);
  }
  const at::Tensor ratio = log_ratio.exp();
  const at::Tensor advantages = spread(batch.advantages);
  const at::Tensor clipped = ratio.clamp(1 - options.epsilon_low, 1 + options.epsilon_high);
  at::Tensor losses = -at::minimum(ratio * advantages, clipped * advantages);
  if (batch.correction.defined()) losses = losses * batch.correction;

  PolicyLoss result;
  if (batch.reference.defined()) {
    const at::Tensor difference = batch.reference - leaf;
    const at::Tensor kl = difference.exp() - difference - 1;
    result.kl_sum = kl.detach().to(at::kDouble).sum().item<double>();
    if (options.beta != 0) losses = losses + options.beta * kl;
  }

  at::Tensor loss;
  switch (options.type) {
    case PolicyLossType::kGrpo:
      loss = (losses / spread(lengths)).sum() / static_cast<double>(accumulated.completions);
      break;
    case PolicyLossType::kBnpo:
      loss = losses.sum() / static_cast<double>(tokens) *
             (static_cast<double>(batch.drawn > 0 ? batch.drawn : completions) /
              static_cast<double>(accumulated.completions));
      break;
    case PolicyLossType::kDrGrpo:
      loss = losses.sum() /
             static_cast<double>(accumulated.completions * options.max_completion_tokens);
      break;
    case PolicyLossType::kDapo:
      loss = losses.sum() / static_cast<double>(accumulated.tokens);
      break;
  }
  loss.backward();
  result.loss = loss.item<double>();
  result.gradient = leaf.grad();
  const at::Tensor values = ratio.detach();
  result.clipped_low =
      ((values < 1 - options.epsilon_low) & (advantages < 0)).sum().item<int64_t>();
  result.clipped_high =
      ((values > 1 + options.epsilon_high) & (advantages > 0)).sum().item<int64_t>();
  return result;
}

}  // namespace gre
