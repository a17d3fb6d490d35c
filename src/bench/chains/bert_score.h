#pragma once

#include <optional>
#include <span>

#include "generation/embedder.h"

namespace gre {

// BERTScore (Zhang et al. 2020, arXiv 1904.09675): how well the tokens of two texts find each other
// by their contextual vectors. Pure functions; thread-safe.

struct BertScore {
  double precision = 0;  // mean over candidate tokens of their best cosine in the reference
  double recall = 0;     // the same over reference tokens
  double f1 = 0;         // 2 P R / (P + R); 0 unless both are positive
};                       // each from -1 to 1

// Greedy matching: each token takes the partner with the largest cosine, which may be taken again.
// Tokens weigh alike and nothing is rescaled. Nothing where one of the texts has no tokens.
// Both must come from one model (equal dimensions, programmer error otherwise).
std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          const TokenVectors& reference);

// Against several references: the score of the one with the largest F1, as the paper does.
std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          std::span<const TokenVectors> references);

}  // namespace gre
