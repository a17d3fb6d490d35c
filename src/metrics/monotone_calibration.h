#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gre {

// What a stated confidence, on whatever scale, was worth. Pure, thread-safe.

// One answer: the confidence that it stated and how good it was, in [0, 1] (0 and 1 for wrong and
// right). NaN: it stated none.
struct StatedOutcome {
  double stated = 0;
  double outcome = 0;
};

// The mean outcome as a rising step function of the stated confidence.
struct MonotoneCalibration {
  struct Step {
    double from = 0;  // the least confidence of this step
    double probability = 0;

    friend bool operator==(const Step&, const Step&) = default;
  };
  size_t answers = 0;            // it was fitted on
  double overall = 0.5;          // mean outcome, whatever was stated
  std::vector<Step> steps = {};  // both rising; empty: confidences say nothing

  // Below the first step its probability; `overall` for NaN.
  [[nodiscard]] double Probability(double stated) const;

  friend bool operator==(const MonotoneCalibration&, const MonotoneCalibration&) = default;
};

struct MonotoneCalibrationOptions {
  size_t max_steps = 10;
  // Each step is drawn towards the overall mean as if so many answers of it had that outcome.
  double prior_answers = 4;
  bool use_stated = true;  // false: only the overall mean
};

// Answers are cut by stated confidence into at most `max_steps` parts of about equal size (equal
// confidences stay together), whose shrunk means are made to rise by pooling adjacent violators
// (Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with
// incomplete information", 1955; as calibration: Zadrozny and Elkan, KDD 2002). The overall mean of
// n answers is (sum + 1/2) / (n + 1).
MonotoneCalibration FitMonotoneCalibration(std::span<const StatedOutcome> answers,
                                           const MonotoneCalibrationOptions& options = {});

}  // namespace gre
