#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "metrics/bootstrap.h"
#include "metrics/interval.h"

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

// The chance that a right answer claims more confidence than a wrong one, ties counting half: the
// area under the ROC curve, from rank sums (Mann and Whitney 1947; Hanley and McNeil, Radiology
// 1982). NaN unless there are answers of both kinds.
double Auroc(std::span<const JudgedAnswer> answers);

// Percentile bootstrap intervals of the three figures above: answers are drawn with replacement,
// the same for all three (metrics/bootstrap.h); a resample for which AUROC is not defined counts
// for the other two. At most 2,000 resamples. {NaN, NaN} for no answers and for more than
// `max_resampled_records`.
struct CalibrationIntervals {
  Interval calibration_error;
  Interval auroc;
  Interval aurc;
};
CalibrationIntervals BootstrapCalibration(std::span<const JudgedAnswer> answers,
                                          const BootstrapOptions& options = {});

// Of Auroc(first) - Auroc(second), two scores of the same answers in the same order, drawn
// together; resamples for which it is not defined are left out. At most 2,000 resamples. {NaN, NaN}
// as above.
Interval BootstrapAurocDifference(std::span<const JudgedAnswer> first,
                                  std::span<const JudgedAnswer> second,
                                  const BootstrapOptions& options = {});

// One answer with radii: how far it is from the truth, and within which distances it claimed the
// truth to be with 50 % and 90 % probability.
struct AnswerWithRadius {
  double distance_km = 0;  // infinite: an answer without a place
  double p50_km = 0;
  double p90_km = 0;
};

// The shares of truths within the claimed radius (inclusive), with Wilson intervals. Honest radii
// give 0.5 and 0.9. NaN for no answers.
struct RadiusCoverage {
  size_t count = 0;
  double inside_p50 = 0;
  Interval inside_p50_interval;
  double inside_p90 = 0;
  Interval inside_p90_interval;
};

RadiusCoverage ComputeRadiusCoverage(std::span<const AnswerWithRadius> answers,
                                     double level = kDefaultLevel);

}  // namespace gre
