#include "training/policy/importance_correction.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/check.h"

namespace gre {

void Mismatch::Add(const Mismatch& other) {
  tokens += other.tokens;
  absolute += other.absolute;
  largest = std::max(largest, other.largest);
  ratios += other.ratios;
  corrected += other.corrected;
}

ImportanceCorrection CorrectImportance(const at::Tensor& ours, const at::Tensor& theirs,
                                       const std::vector<int64_t>& lengths,
                                       const CorrectionOptions& options) {
  constexpr double kMostDifference = 20;
  GRE_CHECK(ours.sizes() == theirs.sizes());
  const at::NoGradGuard no_graph;
  const int64_t tokens = ours.size(0);
  at::Tensor difference = ours.detach() - theirs.to(ours.device());
  ImportanceCorrection result;
  Mismatch& mismatch = result.mismatch;
  mismatch.tokens = tokens;
  mismatch.absolute = difference.abs().to(at::kDouble).sum().item<double>();
  mismatch.largest = difference.abs().max().item<double>();
  mismatch.ratios = difference.clamp(-kMostDifference, kMostDifference)
                        .exp()
                        .to(at::kDouble)
                        .sum()
                        .item<double>();
  if (options.kind == CorrectionKind::kNone) return result;

  if (options.level == ImportanceLevel::kSequence) {
    const at::Tensor counts = at::tensor(lengths, at::kLong).to(ours.device());
    const at::Tensor owners =
        at::repeat_interleave(at::arange(counts.size(0), counts.options()), counts, 0, tokens);
    difference = at::zeros({counts.size(0)}, difference.options())
                     .index_add(0, owners, difference)
                     .index_select(0, owners);
  }
  const at::Tensor ratios = difference.exp();
  const at::Tensor outside = (ratios < options.floor) | (ratios > options.cap);
  mismatch.corrected = outside.sum().item<int64_t>();
  result.weights = options.kind == CorrectionKind::kMask
                       ? at::zeros_like(ratios).where(outside, ratios)
                       : ratios.clamp(options.floor, options.cap);
  return result;
}

}  // namespace gre
