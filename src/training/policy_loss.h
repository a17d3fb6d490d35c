#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gre {

// How the tokens' losses become one number. TRL's names and formulas (f2cd577,
// trl/trainer/grpo_trainer.py); GRPO's as VLM-R1 (90052f4) has it.
enum class PolicyLossType {
  kGrpo,    // mean over completions of the mean over their tokens
  kBnpo,    // mean over the tokens of the micro-batch
  kDrGrpo,  // sum over tokens / (completions x longest completion allowed), arXiv 2503.20783
  kDapo,    // mean over the tokens of the whole accumulated batch, arXiv 2503.14476
};

enum class ImportanceLevel {
  kToken,
  kSequence,  // GSPO (arXiv 2507.18071): one ratio a completion, of the geometric mean
};

struct PolicyLossOptions {
  PolicyLossType type = PolicyLossType::kGrpo;
  ImportanceLevel importance = ImportanceLevel::kToken;
  double epsilon_low = 0.2;
  double epsilon_high = 0.2;
  double beta = 0;                    // of the KL term
  int64_t max_completion_tokens = 0;  // kDrGrpo: the divisor's
};

// Completions one after the other, tokens flat: N of them in all. Tensors are float32 on one
// device.
struct PolicyBatch {
  at::Tensor log_probabilities;  // [N], of the policy
  at::Tensor old;                // [N], of the policy that sampled; undefined: the policy itself
  at::Tensor reference;          // [N]; undefined: no KL (needs beta = 0)
  at::Tensor correction;         // [N], trainer against server; undefined: 1
  at::Tensor advantages;         // [S]
  int64_t drawn = 0;             // of the pass, with those that are masked and not in it; 0 = S
  std::vector<int64_t> lengths;  // [S], > 0, sum N
};

// What the whole accumulated batch holds, of which a PolicyBatch is a part.
struct AccumulatedBatch {
  int64_t completions = 0;
  int64_t tokens = 0;
};

struct PolicyLoss {
  double loss = 0;
  at::Tensor gradient;  // [N], of `loss` with respect to log_probabilities
  // Sums over the tokens of this batch.
  double kl_sum = 0;
  int64_t clipped_low = 0;   // ratio < 1 - epsilon_low where the advantage is negative
  int64_t clipped_high = 0;  // ratio > 1 + epsilon_high where it is positive
};

// The loss of one micro-batch such that the sum over micro-batches is that of the accumulated
// batch. With d = logp - old, w = d (token) or its mean over the completion (sequence):
//   l = -min(exp(w) A, clamp(exp(w), 1 - epsilon_low, 1 + epsilon_high) A) * correction
//       + beta (exp(ref - logp) - (ref - logp) - 1)
// Throws LibTorch's exceptions only.
PolicyLoss ComputePolicyLoss(const PolicyBatch& batch, const AccumulatedBatch& accumulated,
                             const PolicyLossOptions& options);

}  // namespace gre
