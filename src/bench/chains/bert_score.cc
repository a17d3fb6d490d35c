#include "bench/chains/bert_score.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.h"
#include "metrics/accuracy.h"

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

}  // namespace

std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          const TokenVectors& reference) {
  if (candidate.ids.empty() || reference.ids.empty()) return std::nullopt;
  GRE_CHECK(candidate.dimensions == reference.dimensions);
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
  BertScore score{Mean(best_left), Mean(best_right), 0};
  if (score.precision > 0 && score.recall > 0) {
    score.f1 = 2 * score.precision * score.recall / (score.precision + score.recall);
  }
  return score;
}

std::optional<BertScore> ComputeBertScore(const TokenVectors& candidate,
                                          std::span<const TokenVectors> references) {
  std::optional<BertScore> best;
  for (const TokenVectors& reference : references) {
    const auto score = ComputeBertScore(candidate, reference);
    if (score && (!best || score->f1 > best->f1)) best = score;
  }
  return best;
}

}  // namespace gre
