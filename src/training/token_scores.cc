#include "training/token_scores.h"

#include <algorithm>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/zeros_like.h>

#include "core/check.h"

namespace gre {
namespace {

at::Tensor LogSoftmax(const VisionLanguageModel& model, const at::Tensor& states,
                      double temperature) {
  const at::Tensor logits = model.Logits(states);
  return at::log_softmax(temperature == 1 ? logits : logits / temperature, -1);
}

at::Tensor OfTargets(const at::Tensor& log_probabilities, const at::Tensor& targets) {
  return log_probabilities.gather(1, targets.unsqueeze(1)).squeeze(1);
}

}  // namespace

TokenScores ScoreTokens(const VisionLanguageModel& model, const at::Tensor& states,
                        const at::Tensor& targets, const TokenScoreOptions& options) {
  GRE_CHECK(states.size(0) == targets.size(0) && options.chunk_rows > 0);
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> scores, entropies;
  for (int64_t begin = 0; begin < states.size(0); begin += options.chunk_rows) {
    const int64_t rows = std::min(options.chunk_rows, states.size(0) - begin);
    const at::Tensor all = LogSoftmax(model, states.narrow(0, begin, rows), options.temperature);
    scores.push_back(OfTargets(all, targets.narrow(0, begin, rows)));
    entropies.push_back(-(all.exp() * all).sum(-1));
  }
  return {at::cat(scores), at::cat(entropies)};
}

at::Tensor ScoreTokensBackward(const VisionLanguageModel& model, const at::Tensor& states,
                               const at::Tensor& targets, const at::Tensor& gradient,
                               const TokenScoreOptions& options) {
  const at::Tensor chosen = gradient.nonzero().flatten();
  const at::Tensor some_states = states.index_select(0, chosen);
  const at::Tensor some_targets = targets.index_select(0, chosen);
  const at::Tensor some_gradient = gradient.index_select(0, chosen);
  at::Tensor result = at::zeros_like(states);
  const at::AutoGradMode graph(true);
  for (int64_t begin = 0; begin < chosen.size(0); begin += options.chunk_rows) {
    const int64_t rows = std::min(options.chunk_rows, chosen.size(0) - begin);
    const at::Tensor leaf = some_states.narrow(0, begin, rows).detach().set_requires_grad(true);
    const at::Tensor all = LogSoftmax(model, leaf, options.temperature);
    OfTargets(all, some_targets.narrow(0, begin, rows))
        .backward(some_gradient.narrow(0, begin, rows));
    result.index_copy_(0, chosen.narrow(0, begin, rows), leaf.grad());
  }
  return result;
}

}  // namespace gre
