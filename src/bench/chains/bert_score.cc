#include "bench/chains/bert_score.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <vector>

#include "core/check.h"

namespace gre {
namespace {

// The rows scaled to length 1; rows of zeros stay.
std::vector<double> UnitRows(const TokenVectors& tokens) {
  std::vector<double> rows;
  rows.reserve(tokens.values.size());
  for (size_t i = 0; i < tokens.ids.size(); ++i) {
    double squares = 0;
    for (const float value : tokens[i]) squares += double{value} * double{value};
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (const float value : tokens[i]) rows.push_back(value * scale);
  }
  return rows;
}

// Mean of each token's best cosine, weighted; nothing without weight.
std::optional<double> WeightedMean(std::span<const int32_t> ids, std::span<const double> best,
                                   const BertScoreOptions& options) {
  double sum = 0;
  double weights = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const double weight = options.idf == nullptr ? 1 : (*options.idf)(ids[i]);
    sum += weight * best[i];
    weights += weight;
  }
  if (!(weights > 0)) return std::nullopt;
  return sum / weights;
}

}  // namespace

InverseDocumentFrequency::InverseDocumentFrequency(std::span<const TokenVectors> references)
    : texts_(references.size()) {
  for (const TokenVectors& reference : references) {
    for (const int32_t id :
         std::unordered_set<int32_t>(reference.ids.begin(), reference.ids.end())) {
      ++texts_with_[id];
    }
  }
}

double InverseDocumentFrequency::operator()(int32_t token_id) const {
  const auto found = texts_with_.find(token_id);
  const size_t with = found == texts_with_.end() ? 0 : found->second;
  return std::log(static_cast<double>(texts_ + 1) / static_cast<double>(with + 1));
}

std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          const TokenVectors& reference,
                                          const BertScoreOptions& options) {
  if (candidate.ids.empty() || reference.ids.empty()) return std::nullopt;
  GRE_CHECK(candidate.dimensions == reference.dimensions && options.baseline < 1);
  const auto width = static_cast<size_t>(candidate.dimensions);
  const std::vector<double> left = UnitRows(candidate);
  const std::vector<double> right = UnitRows(reference);
  std::vector<double> best_left(candidate.ids.size(), -1);
  std::vector<double> best_right(reference.ids.size(), -1);
  for (size_t i = 0; i < best_left.size(); ++i) {
    for (size_t j = 0; j < best_right.size(); ++j) {
      double cosine = 0;
      for (size_t k = 0; k < width; ++k) cosine += left[i * width + k] * right[j * width + k];
      cosine = std::clamp(cosine, -1.0, 1.0);
      best_left[i] = std::max(best_left[i], cosine);
      best_right[j] = std::max(best_right[j], cosine);
    }
  }
  const auto precision = WeightedMean(candidate.ids, best_left, options);
  const auto recall = WeightedMean(reference.ids, best_right, options);
  if (!precision || !recall) return std::nullopt;
  BertScore score{*precision, *recall, 0};
  if (score.precision > 0 && score.recall > 0) {
    score.f1 = 2 * score.precision * score.recall / (score.precision + score.recall);
  }
  for (double* value : {&score.precision, &score.recall, &score.f1}) {
    *value = (*value - options.baseline) / (1 - options.baseline);
  }
  return score;
}

std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          std::span<const TokenVectors> references,
                                          const BertScoreOptions& options) {
  std::optional<BertScore> best;
  for (const TokenVectors& reference : references) {
    const auto score = ComputeBertScore(candidate, reference, options);
    if (score && (!best || score->f1 > best->f1)) best = score;
  }
  return best;
}

}  // namespace gre
