#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "model/vision_language_model.h"

namespace gre {

// The head is applied to so many rows at a time: [chunk, vocabulary] is all that ever exists of the
// logits.
struct TokenScoreOptions {
  double temperature = 1;  // logits are divided by it
  int64_t chunk_rows = 512;
};

struct TokenScores {
  at::Tensor log_probabilities;  // [M] float32, of the targets
  at::Tensor entropies;          // [M] float32, of the whole distributions, in nats
};

// Scores targets [M] (int64) by the states [M, hidden] that predict them. Records no graph.
TokenScores ScoreTokens(const VisionLanguageModel& model, const at::Tensor& states,
                        const at::Tensor& targets, const TokenScoreOptions& options);

// The backward of ScoreTokens: for the gradient [M] of a loss with respect to the log-probabilities
// adds the head's share to its leaves and returns the gradient of the states, [M, hidden]. Rows of
// zero gradient are not computed.
at::Tensor ScoreTokensBackward(const VisionLanguageModel& model, const at::Tensor& states,
                               const at::Tensor& targets, const at::Tensor& gradient,
                               const TokenScoreOptions& options);

}  // namespace gre
