#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/kv_cache.h"

namespace gre {

// Rows [begin, begin + rows) of a flat batch that attend together.
struct AttentionSegment {
  enum class Kind {
    kSequence,  // consecutive tokens of one sequence, causal; appended to the cache's prompt if it
                // has one
    kDecode,    // one new token for each live sample of `cache`; row i belongs to samples[i]
  };
  Kind kind = Kind::kSequence;
  int64_t begin = 0;
  int64_t rows = 0;
  KvCache* cache = nullptr;      // null: no cache (training, scoring)
  std::vector<int64_t> samples;  // kDecode only: distinct, rows of them
  // A sequence without cache may continue the rows of an earlier such segment, by its index: the
  // completions of one prompt, which is computed once. That one continues nothing itself. -1: none.
  int64_t prefix = -1;
};

// The segments of one pass through a decoder, with what all its layers share: the masks of prompt
// pieces that continue a cached prompt. Refers to the segments.
class AttentionStep {
 public:
  // Segments cover the rows of the batch in order without gaps; each cache appears at most once.
  // `options`: dtype and device of the queries.
  AttentionStep(std::span<const AttentionSegment> segments, const at::TensorOptions& options);

  [[nodiscard]] std::span<const AttentionSegment> segments() const { return segments_; }
  // [rows, cached + rows], to be added to scores; undefined where no mask is needed.
  [[nodiscard]] const at::Tensor& mask(size_t segment) const { return masks_[segment]; }

 private:
  std::span<const AttentionSegment> segments_;
  std::vector<at::Tensor> masks_;
};

// Grouped-query attention over a flat batch; scale head_dim^-0.5, softmax in float32.
// q: [N, H, D]; k, v: [N, KV, D], H a multiple of KV -> [N, H, D]. Appends k and v to the caches of
// `layer` but leaves the cache lengths alone: AdvanceCaches moves them once all layers have run.
// Differentiable where the segments have no cache.
at::Tensor SegmentAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const AttentionStep& step, int64_t layer);
void AdvanceCaches(std::span<const AttentionSegment> segments);

// Independent blocks of consecutive rows (vision windows): lengths sum to N. Neighbours of equal
// length are computed as one batch. Shapes as above, H = KV allowed.
at::Tensor BlockAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          std::span<const int64_t> lengths, bool causal);

}  // namespace gre
