#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "generation/embedder.h"

namespace gre {

// BERTScore (Zhang et al. 2020, arXiv 1904.09675): how well the tokens of two texts find each other
// by their contextual vectors. Pure functions; thread-safe.

// Weights of tokens by how rare they are in a set of references: idf(w) = ln((M + 1) / (df(w) +
// 1)), M texts, df(w) of them with w (the paper's section 3 with the plus-one smoothing of its
// code).
class InverseDocumentFrequency {
 public:
  explicit InverseDocumentFrequency(std::span<const TokenVectors> references);
  [[nodiscard]] double operator()(int32_t token_id) const;  // >= 0

 private:
  size_t texts_ = 0;
  std::unordered_map<int32_t, size_t> texts_with_;
};

struct BertScoreOptions {
  const InverseDocumentFrequency* idf = nullptr;  // borrowed; null: every token weighs 1
  // The mean score of unrelated texts, which becomes 0: x -> (x - baseline) / (1 - baseline) for
  // all three numbers. 0 = not rescaled; below 1. It belongs to one model, layer and language.
  double baseline = 0;
};

struct BertScore {
  double precision =
      0;              // weighted mean over candidate tokens of their best cosine in the reference
  double recall = 0;  // the same over reference tokens
  double f1 = 0;      // 2 P R / (P + R); 0 unless both are positive
};                    // each from -1 to 1, unless rescaled

// Greedy matching: each token takes the partner with the largest cosine, which may be taken again.
// Nothing where one of the texts has no tokens, or none with a weight: such a pair has no score.
// Both must come from one model (equal dimensions, programmer error otherwise).
std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          const TokenVectors& reference,
                                          const BertScoreOptions& options = {});

// Against several references: the score of the one with the largest F1, as the paper does.
std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          std::span<const TokenVectors> references,
                                          const BertScoreOptions& options = {});

}  // namespace gre
