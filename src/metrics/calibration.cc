#include "metrics/calibration.h"

#include <algorithm>
#include <cmath>

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

Interval AccuracyInterval(const ReliabilityBin& bin) {
  if (bin.count == 0) return {0, 1};
  constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const auto n = static_cast<double>(bin.count);
  const double middle = bin.accuracy + kZ * kZ / (2 * n);
  const double half = kZ * std::sqrt(bin.accuracy * (1 - bin.accuracy) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
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

}  // namespace gre
