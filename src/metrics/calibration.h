#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "metrics/bootstrap.h"

namespace gre {

// Whether confidences can be trusted. Pure, thread-safe.

// One answer: the confidence in [0, 1] that it claimed, and whether it was right.
struct JudgedAnswer {
  double confidence = 0;
  bool correct = false;
};

struct ReliabilityBin {
  double low = 0;  // holds confidences in (low, high], the first bin also 0
  double high = 0;
  size_t count = 0;
  double mean_confidence = 0;  // 0 when empty
  double accuracy = 0;         // 0 when empty
};

inline constexpr int kCalibrationBins = 15;  // as Guo et al.

// Bins of equal width, empty ones included.
std::vector<ReliabilityBin> ReliabilityBins(std::span<const JudgedAnswer> answers,
                                            int bins = kCalibrationBins);

// 95 % interval of the bin's accuracy: Wilson, "Probable inference, the law of succession, and
// statistical inference", JASA 1927. [0, 1] for an empty bin.
Interval AccuracyInterval(const ReliabilityBin& bin);

// Sum over bins of count/n |accuracy - mean confidence| (Guo et al., "On Calibration of Modern
// Neural Networks", ICML 2017). 0 for no answers.
double ExpectedCalibrationError(std::span<const JudgedAnswer> answers, int bins = kCalibrationBins);

// One way to be selective: answer only at or above `threshold`.
struct RiskCoveragePoint {
  double threshold = 0;
  double coverage = 0;  // share answered
  double risk = 0;      // share of wrong answers among them
};

struct RiskCoverage {
  // One point for each distinct confidence, by rising coverage; the last has coverage 1.
  std::vector<RiskCoveragePoint> curve;
  // Area under the curve (Geifman and El-Yaniv, NeurIPS 2017): the mean over the n answers, sorted
  // by falling confidence, of the risk when answering the first k; equal confidences are averaged
  // over their order. Lower is better; 0 for no answers.
  double aurc = 0;
};

RiskCoverage ComputeRiskCoverage(std::span<const JudgedAnswer> answers);

}  // namespace gre
