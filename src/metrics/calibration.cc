#include "metrics/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"

namespace gre {

std::vector<ReliabilityBin> ReliabilityBins(std::span<const JudgedAnswer> answers, int bins) {
  GRE_CHECK(bins > 0);
  std::vector<ReliabilityBin> result(static_cast<size_t>(bins));
  for (int i = 0; i < bins; ++i) {
    result[static_cast<size_t>(i)].low = static_cast<double>(i) / bins;
    result[static_cast<size_t>(i)].high = static_cast<double>(i + 1) / bins;
  }
  for (const JudgedAnswer& answer : answers) {
    const int index = static_cast<int>(std::ceil(answer.confidence * bins)) - 1;
    ReliabilityBin& bin = result[static_cast<size_t>(std::clamp(index, 0, bins - 1))];
    ++bin.count;
    bin.mean_confidence += answer.confidence;
    bin.accuracy += answer.correct ? 1 : 0;
  }
  for (ReliabilityBin& bin : result) {
    if (bin.count == 0) continue;
    bin.mean_confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return result;
}

double ExpectedCalibrationError(std::span<const JudgedAnswer> answers, int bins) {
  if (answers.empty()) return 0;
  double error = 0;
  for (const ReliabilityBin& bin : ReliabilityBins(answers, bins)) {
    error += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.mean_confidence);
  }
  return error / static_cast<double>(answers.size());
}

RiskCoverage ComputeRiskCoverage(std::span<const JudgedAnswer> answers) {
  RiskCoverage result;
  const size_t n = answers.size();
  if (n == 0) return result;
  std::vector<JudgedAnswer> sorted(answers.begin(), answers.end());
  std::sort(sorted.begin(), sorted.end(), [](const JudgedAnswer& a, const JudgedAnswer& b) {
    return a.confidence > b.confidence;
  });
  double wrong = 0;
  for (size_t begin = 0; begin < n;) {
    const double threshold = sorted[begin].confidence;
    size_t end = begin;
    double wrong_here = 0;
    for (; end < n && sorted[end].confidence == threshold; ++end) {
      wrong_here += sorted[end].correct ? 0 : 1;
    }
    // Within a tie the expected number of errors grows evenly.
    const double rate = wrong_here / static_cast<double>(end - begin);
    for (size_t k = begin + 1; k <= end; ++k) {
      result.aurc += (wrong + rate * static_cast<double>(k - begin)) / static_cast<double>(k);
    }
    wrong += wrong_here;
    result.curve.push_back({threshold, static_cast<double>(end) / static_cast<double>(n),
                            wrong / static_cast<double>(end)});
    begin = end;
  }
  result.aurc /= static_cast<double>(n);
  return result;
}

double Auroc(std::span<const JudgedAnswer> answers) {
  std::vector<JudgedAnswer> sorted(answers.begin(), answers.end());
  std::ranges::sort(sorted, {}, &JudgedAnswer::confidence);
  double right = 0;
  double wrong = 0;
  double won = 0;  // pairs in which the right answer is the more confident one
  for (size_t begin = 0; begin < sorted.size();) {
    size_t end = begin;
    double right_here = 0;
    for (; end < sorted.size() && sorted[end].confidence == sorted[begin].confidence; ++end) {
      right_here += sorted[end].correct ? 1 : 0;
    }
    const double wrong_here = static_cast<double>(end - begin) - right_here;
    won += right_here * (wrong + wrong_here / 2);
    right += right_here;
    wrong += wrong_here;
    begin = end;
  }
  return right > 0 && wrong > 0 ? won / (right * wrong) : std::numeric_limits<double>::quiet_NaN();
}

RadiusCoverage ComputeRadiusCoverage(std::span<const AnswerWithRadius> answers, double level) {
  RadiusCoverage result;
  result.count = answers.size();
  size_t inside_p50 = 0;
  size_t inside_p90 = 0;
  for (const AnswerWithRadius& answer : answers) {
    inside_p50 += answer.distance_km <= answer.p50_km ? 1 : 0;
    inside_p90 += answer.distance_km <= answer.p90_km ? 1 : 0;
  }
  const auto n = static_cast<double>(answers.size());  // 0/0 is NaN
  result.inside_p50 = static_cast<double>(inside_p50) / n;
  result.inside_p50_interval = WilsonInterval(inside_p50, result.count, level);
  result.inside_p90 = static_cast<double>(inside_p90) / n;
  result.inside_p90_interval = WilsonInterval(inside_p90, result.count, level);
  return result;
}

}  // namespace gre
