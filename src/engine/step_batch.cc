#include "engine/step_batch.h"

#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/tensor.h>

#include "core/check.h"

namespace gre {

int64_t StepBatch::NumRows() const {
  return segments_.empty() ? 0 : segments_.back().begin + segments_.back().rows;
}

void StepBatch::AddSamples(KvCache* cache, std::vector<int64_t> samples,
                           std::span<const int32_t> token_ids, int64_t position) {
  GRE_CHECK(prompt_embeddings_.empty() && samples.size() == token_ids.size());
  const int64_t begin = NumRows();
  for (size_t i = 0; i < samples.size(); ++i) {
    sample_tokens_.push_back(token_ids[i]);
    sample_positions_.push_back(position);
    logit_rows_.push_back(begin + static_cast<int64_t>(i));
  }
  const auto rows = static_cast<int64_t>(samples.size());
  segments_.push_back({AttentionSegment::Kind::kDecode, begin, rows, cache, std::move(samples)});
}

void StepBatch::AddPrompt(KvCache* cache, const at::Tensor& embeddings, const at::Tensor& positions,
                          bool wants_logits) {
  const int64_t begin = NumRows();
  const int64_t rows = embeddings.size(0);
  prompt_embeddings_.push_back(embeddings);
  prompt_positions_.push_back(positions);
  if (wants_logits) logit_rows_.push_back(begin + rows - 1);
  segments_.push_back({AttentionSegment::Kind::kSequence, begin, rows, cache, {}});
}

std::optional<StepBatch::Output> StepBatch::Evaluate(const VisionLanguageModel& model,
                                                     const CancellationToken& cancellation) const {
  std::vector<at::Tensor> embeddings;
  std::vector<at::Tensor> positions;
  if (!sample_tokens_.empty()) {
    embeddings.push_back(model.Embed(sample_tokens_, {}));
    positions.push_back(
        at::tensor(sample_positions_, at::kLong).unsqueeze(0).expand({position_axes_, -1}));
  }
  embeddings.insert(embeddings.end(), prompt_embeddings_.begin(), prompt_embeddings_.end());
  positions.insert(positions.end(), prompt_positions_.begin(), prompt_positions_.end());
  const auto joined = [](const std::vector<at::Tensor>& parts, int64_t dim) {
    return parts.size() == 1 ? parts.front() : at::cat(parts, dim);
  };
  const at::Tensor states = model.Forward(joined(embeddings, 0), joined(positions, 1), segments_,
                                          {.rows = logit_rows_, .cancellation = &cancellation});
  if (!states.defined()) return std::nullopt;
  if (logit_rows_.empty()) return Output();
  const at::Tensor logits = model.Logits(states);
  return Output{logits.contiguous().cpu(), at::logsumexp(logits, {1}).cpu()};
}

}  // namespace gre
