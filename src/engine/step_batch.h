#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/cancellation.h"
#include "model/vision_language_model.h"

namespace gre {

// The rows of one pass through the decoder: first one new token for each live sample, then pieces
// of prompts.
class StepBatch {
 public:
  // Positions have `position_axes` axes (EncodedPrompt::positions).
  explicit StepBatch(int64_t position_axes) : position_axes_(position_axes) {}

  // One row for each of `samples` (of `cache`), in order; all sample rows come before any prompt
  // rows. Every row yields logits.
  void AddSamples(KvCache* cache, std::vector<int64_t> samples, std::span<const int32_t> token_ids,
                  int64_t position);
  // The next rows of a prompt: embeddings [T, hidden], positions [A, T]. The last row yields logits
  // when `wants_logits`.
  void AddPrompt(KvCache* cache, const at::Tensor& embeddings, const at::Tensor& positions,
                 bool wants_logits);

  [[nodiscard]] bool empty() const { return segments_.empty(); }

  struct Output {
    at::Tensor logits;           // [M, vocab] float32 on the CPU, one row a row that yields them
    at::Tensor log_normalizers;  // [M] float32, logsumexp of the rows
  };
  // Runs the model; appends to the caches. Nothing when cancelled meanwhile. May throw what
  // LibTorch throws; the caches' lengths are then, as after cancellation, unchanged.
  [[nodiscard]] std::optional<Output> Evaluate(const VisionLanguageModel& model,
                                               const CancellationToken& cancellation) const;

 private:
  [[nodiscard]] int64_t NumRows() const;

  int64_t position_axes_;
  std::vector<AttentionSegment> segments_;
  std::vector<int32_t> sample_tokens_;
  std::vector<int64_t> sample_positions_;
  std::vector<at::Tensor> prompt_embeddings_;
  std::vector<at::Tensor> prompt_positions_;
  std::vector<int64_t> logit_rows_;
};

}  // namespace gre
