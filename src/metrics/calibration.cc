#include "metrics/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/check.h"
#include "core/parallel.h"
#include "core/random.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kMaxResamples = 2000;

// The answers of one confidence.
struct Tie {
  double confidence = 0;
  double right = 0;
  double wrong = 0;
};

// Wrong answers before right ones of equal confidence, so that the order of the answers does not
// matter.
std::vector<JudgedAnswer> ByRisingConfidence(std::span<const JudgedAnswer> answers) {
  std::vector<JudgedAnswer> sorted(answers.begin(), answers.end());
  std::ranges::sort(sorted, [](const JudgedAnswer& a, const JudgedAnswer& b) {
    return std::pair(a.confidence, a.correct) < std::pair(b.confidence, b.correct);
  });
  return sorted;
}

// By rising confidence.
std::vector<Tie> TiesOf(std::span<const JudgedAnswer> sorted) {
  std::vector<Tie> ties;
  for (const JudgedAnswer& answer : sorted) {
    if (ties.empty() || ties.back().confidence != answer.confidence) {
      ties.push_back({answer.confidence, 0, 0});
    }
    ++(answer.correct ? ties.back().right : ties.back().wrong);
  }
  return ties;
}

double AurocOf(std::span<const Tie> ties) {
  double right = 0;
  double wrong = 0;
  double won = 0;  // pairs in which the right answer is the more confident one
  for (const Tie& tie : ties) {
    won += tie.right * (wrong + tie.wrong / 2);
    right += tie.right;
    wrong += tie.wrong;
  }
  return right > 0 && wrong > 0 ? won / (right * wrong) : kNaN;
}

double AurcOf(std::span<const Tie> ties) {
  double area = 0;
  double wrong = 0;
  size_t answered = 0;
  for (auto tie = ties.rbegin(); tie != ties.rend(); ++tie) {
    const auto count = static_cast<size_t>(tie->right + tie->wrong);
    if (count == 0) continue;
    // Within a tie the expected number of errors grows evenly.
    const double rate = tie->wrong / static_cast<double>(count);
    for (size_t k = 1; k <= count; ++k) {
      area += (wrong + rate * static_cast<double>(k)) / static_cast<double>(answered + k);
    }
    wrong += tie->wrong;
    answered += count;
  }
  return answered == 0 ? 0 : area / static_cast<double>(answered);
}

size_t BinOf(double confidence, int bins) {
  const int index = static_cast<int>(std::ceil(confidence * bins)) - 1;
  return static_cast<size_t>(std::clamp(index, 0, bins - 1));
}

// |sum over a bin of (right - confidence)| is count |accuracy - mean confidence|.
double CalibrationErrorOf(std::span<const Tie> ties) {
  double gaps[kCalibrationBins] = {};
  double answers = 0;
  for (const Tie& tie : ties) {
    const double count = tie.right + tie.wrong;
    gaps[BinOf(tie.confidence, kCalibrationBins)] += tie.right - count * tie.confidence;
    answers += count;
  }
  double error = 0;
  for (const double gap : gaps) error += std::abs(gap);
  return answers == 0 ? 0 : error / answers;
}

Interval PercentileInterval(std::vector<double> values, double level) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {kNaN, kNaN};
  std::ranges::sort(values);
  return {QuantileOfSorted(values, (1 - level) / 2), QuantileOfSorted(values, (1 + level) / 2)};
}

}  // namespace

std::vector<ReliabilityBin> ReliabilityBins(std::span<const JudgedAnswer> answers, int bins) {
  GRE_CHECK(bins > 0);
  std::vector<ReliabilityBin> result(static_cast<size_t>(bins));
  for (int i = 0; i < bins; ++i) {
    result[static_cast<size_t>(i)].low = static_cast<double>(i) / bins;
    result[static_cast<size_t>(i)].high = static_cast<double>(i + 1) / bins;
  }
  for (const JudgedAnswer& answer : answers) {
    ReliabilityBin& bin = result[BinOf(answer.confidence, bins)];
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
  const std::vector<Tie> ties = TiesOf(ByRisingConfidence(answers));
  const auto n = static_cast<double>(answers.size());
  double wrong = 0;
  double answered = 0;
  for (auto tie = ties.rbegin(); tie != ties.rend(); ++tie) {
    wrong += tie->wrong;
    answered += tie->right + tie->wrong;
    result.curve.push_back({tie->confidence, answered / n, wrong / answered});
  }
  result.aurc = AurcOf(ties);
  return result;
}

double Auroc(std::span<const JudgedAnswer> answers) {
  return AurocOf(TiesOf(ByRisingConfidence(answers)));
}

CalibrationIntervals BootstrapCalibration(std::span<const JudgedAnswer> answers,
                                          const BootstrapOptions& options) {
  const Interval none = {kNaN, kNaN};
  if (answers.empty() || answers.size() > options.max_resampled_records) {
    return {none, none, none};
  }
  const std::vector<JudgedAnswer> sorted = ByRisingConfidence(answers);
  const std::vector<Tie> ties = TiesOf(sorted);
  std::vector<size_t> tie_of(sorted.size());
  for (size_t i = 1; i < sorted.size(); ++i) {
    tie_of[i] = tie_of[i - 1] + (sorted[i].confidence != sorted[i - 1].confidence ? 1 : 0);
  }
  const auto resamples = static_cast<size_t>(std::min(options.resamples, kMaxResamples));
  std::vector<double> errors(resamples);
  std::vector<double> aurocs(resamples);
  std::vector<double> aurcs(resamples);
  ParallelFor(resamples, {.max_threads = options.threads}, [&](size_t begin, size_t end) {
    std::vector<Tie> drawn;
    for (size_t r = begin; r < end; ++r) {
      drawn = ties;
      for (Tie& tie : drawn) tie.right = tie.wrong = 0;
      Random random(HashSeed(options.seed, r));
      for (size_t i = 0; i < sorted.size(); ++i) {
        const size_t draw = random.Below(sorted.size());
        ++(sorted[draw].correct ? drawn[tie_of[draw]].right : drawn[tie_of[draw]].wrong);
      }
      errors[r] = CalibrationErrorOf(drawn);
      aurocs[r] = AurocOf(drawn);
      aurcs[r] = AurcOf(drawn);
    }
  });
  return {PercentileInterval(std::move(errors), options.level),
          PercentileInterval(std::move(aurocs), options.level),
          PercentileInterval(std::move(aurcs), options.level)};
}

Interval BootstrapAurocDifference(std::span<const JudgedAnswer> first,
                                  std::span<const JudgedAnswer> second,
                                  const BootstrapOptions& options) {
  GRE_CHECK(first.size() == second.size());
  if (first.empty() || first.size() > options.max_resampled_records) return {kNaN, kNaN};
  const auto resamples = static_cast<size_t>(std::min(options.resamples, kMaxResamples));
  std::vector<double> differences(resamples);
  ParallelFor(resamples, {.max_threads = options.threads}, [&](size_t begin, size_t end) {
    std::vector<JudgedAnswer> of_first(first.size()), of_second(first.size());
    for (size_t r = begin; r < end; ++r) {
      Random random(HashSeed(options.seed, r));
      for (size_t i = 0; i < first.size(); ++i) {
        const size_t draw = random.Below(first.size());
        of_first[i] = first[draw];
        of_second[i] = second[draw];
      }
      differences[r] = Auroc(of_first) - Auroc(of_second);
    }
  });
  return PercentileInterval(std::move(differences), options.level);
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
