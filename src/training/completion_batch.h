#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/attention.h"
#include "model/vision_language_model.h"
#include "training/layerwise_pass.h"
#include "training/token_scores.h"

namespace gre {

// Replies to one prompt. Empty replies are not allowed.
struct PromptWithCompletions {
  const EncodedPrompt* prompt = nullptr;
  std::vector<std::vector<int32_t>> completions;
};

// Prompts and their replies as one flat batch in which each prompt, with its images, stands once.
struct CompletionBatch {
  std::vector<int32_t> token_ids;          // [N]; a reply's last token predicts nothing: left out
  at::Tensor positions;                    // [A, N] int64
  std::vector<AttentionSegment> segments;  // replies continue their prompt's segment
  std::vector<std::vector<at::Tensor>> pixels;  // of each segment's images; replies have none
  std::vector<int64_t> rows;                    // that predict a token of a reply, in rising order
  at::Tensor sources;            // [M] int64, of each token of a reply, its row's index in rows
  at::Tensor targets;            // [M] int64, the tokens of all replies, flat
  std::vector<int64_t> lengths;  // of the replies, sum M
};
CompletionBatch MakeCompletionBatch(std::span<const PromptWithCompletions> prompts);

// One forward over a batch, to be followed by at most one backward. Gradients are added to the
// leaves of the model that require them; those of the vision tower only with `train_vision`.
class CompletionPass {
 public:
  struct Options {
    bool recompute = true;      // see LayerwisePass
    bool score_only = false;    // nothing is kept for a backward
    bool train_vision = false;  // keeps the graph of the tower and the merger
    TokenScoreOptions scores = {};
  };

  // `batch` must outlive the pass. The model must have a decoder().
  CompletionPass(const VisionLanguageModel& model, const CompletionBatch& batch,
                 const Options& options);

  // Log-probabilities and entropies of the replies' tokens, flat, [M].
  [[nodiscard]] TokenScores Scores() const;
  // For the gradient [M] of a loss with respect to the log-probabilities. Once. `layer_done`: see
  // LayerwisePass.
  void Backward(const at::Tensor& gradient, const std::function<void(int64_t)>& layer_done = {});

 private:
  const VisionLanguageModel& model_;
  const CompletionBatch& batch_;
  Options options_;
  at::Tensor embeddings_;  // with the graph of what makes them, where that learns
  LayerwisePass decoder_;
};

}  // namespace gre
