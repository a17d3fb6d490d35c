#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/cancellation.h"
#include "engine/sample.h"
#include "engine/step_batch.h"
#include "generation/text_generator.h"
#include "model/vision_language_model.h"

namespace gre {

// One request on its way through the engine: prepared (prompt encoded), started (images encoded,
// cache reserved), prefilled over one or more steps, then decoded until every sample has finished.
// Refers to the model and the request. Not thread-safe.
class RunningRequest {
 public:
  // Checks the request and encodes its prompt. Errors name the request.
  static Result<std::unique_ptr<RunningRequest>> Prepare(const VisionLanguageModel& model,
                                                         const GenerationRequest& request,
                                                         size_t index);

  // Bytes of keys and values when every sample has grown to its limit.
  [[nodiscard]] int64_t CacheBytes() const;
  // Encodes the images and makes the cache. False when cancelled meanwhile. May throw what LibTorch
  // throws.
  bool Start(const CancellationToken& cancellation);

  // Adds this request's part of a step: one row for each live sample after the prompt is prefilled,
  // before that up to `max_tokens` of the prompt, whose number is returned.
  void AddSampleRows(StepBatch* batch);
  int64_t AddPromptRows(int64_t max_tokens, StepBatch* batch);
  // After the model has run a step that this request took part in: how many rows of logits are its.
  [[nodiscard]] int64_t NumLogitRows() const;
  // Adds a draw of the next token for every live sample from those rows, which start at
  // `first_row`. kInternal for logits that are not finite.
  Status AddDraws(const StepBatch::Output& output, int64_t first_row, double step_ms,
                  std::vector<TokenDraw>* draws);
  // After the draws: streams their texts, drops the samples that have finished.
  void FinishStep(std::span<const TokenDraw> draws, const StreamCallback& stream);

  [[nodiscard]] bool prefilling() const { return cache_->prompt_length() < prompt_length(); }
  [[nodiscard]] bool finished() const { return live_.empty(); }
  [[nodiscard]] int64_t num_live_samples() const { return static_cast<int64_t>(live_.size()); }
  [[nodiscard]] size_t index() const { return index_; }
  [[nodiscard]] const GenerationRequest& request() const { return request_; }
  [[nodiscard]] int64_t position_axes() const { return prompt_.positions.size(0); }

  // Ends all live samples as cancelled.
  void Cancel(const StreamCallback& stream);
  [[nodiscard]] GenerationResult TakeResult();

 private:
  RunningRequest(const VisionLanguageModel& model, const GenerationRequest& request, size_t index,
                 EncodedPrompt prompt, double prepare_ms);

  [[nodiscard]] int64_t prompt_length() const {
    return static_cast<int64_t>(prompt_.token_ids.size());
  }
  // Whether the prompt is prefilled but no token drawn yet.
  [[nodiscard]] bool AtFirstToken() const;
  void Stream(int64_t sample, std::string_view text, const StreamCallback& stream) const;

  const VisionLanguageModel& model_;
  const GenerationRequest& request_;
  size_t index_;
  EncodedPrompt prompt_;
  int64_t max_tokens_;            // per sample
  at::Tensor embeddings_;         // [T, hidden] until the prompt is prefilled
  std::optional<KvCache> cache_;  // after Start
  std::vector<Sample> samples_;   // in sample order
  std::vector<int64_t> live_;     // samples that have not finished, rising
  GenerationTiming timing_;
};

}  // namespace gre
