#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "training/policy_loss.h"

namespace gre {

// Completions of a server are drawn from other probabilities than the trainer computes for the same
// weights (other kernels, another precision). Their losses are multiplied by
//   w = exp(ours - theirs) of each token, or exp of the sum over the completion,
// kept within [floor, cap]. TRL's formulas (f2cd577, vllm_importance_sampling_correction), whose
// default is the mask of whole completions with cap 3.
enum class CorrectionKind {
  kNone,      // w = 1
  kTruncate,  // w is clamped
  kMask,      // w is 0 where it lies outside
};

struct CorrectionOptions {
  CorrectionKind kind = CorrectionKind::kMask;
  ImportanceLevel level = ImportanceLevel::kSequence;
  double floor = 0;
  double cap = 3;
};

// How far two sides' log-probabilities of the same tokens lie apart.
struct Mismatch {
  int64_t tokens = 0;
  double absolute = 0;    // sum of |ours - theirs|
  double largest = 0;     // of those
  double ratios = 0;      // sum of exp(ours - theirs), the difference limited to 20
  int64_t corrected = 0;  // tokens whose weight lay outside [floor, cap]

  void Add(const Mismatch& other);
};

struct ImportanceCorrection {
  at::Tensor weights;  // [N] as PolicyBatch::correction; undefined for kNone
  Mismatch mismatch;
};

// `ours` and `theirs` [N] float32, `lengths` as in PolicyBatch.
ImportanceCorrection CorrectImportance(const at::Tensor& ours, const at::Tensor& theirs,
                                       const std::vector<int64_t>& lengths,
                                       const CorrectionOptions& options);

}  // namespace gre
