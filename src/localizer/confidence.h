#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "localizer/consensus.h"
#include "localizer/sample.h"

namespace gre {

// How sure the answer's country is. A model directory may hold calibration.json, fitted on labelled
// photos by FitCalibration; engines without one get a cautious estimate from the samples alone.

// What the samples say about the answered country.
struct ConfidenceFeatures {
  int samples = 0;                  // all of them
  int agreeing = 0;                 // whose point lies in the answer's country
  double mean_log_probability = 0;  // a token, over the agreeing samples; 0 where unknown
  double street_level = 0.5;  // share of samples that call the photo street-level; 0.5 if none says
};

// `country_code` of the answer. Without a country (high sea) nothing agrees.
ConfidenceFeatures MeasureConfidence(std::span<const Sample> samples,
                                     std::string_view country_code);

// Lower end of Wilson's interval at z = 1 (84 % one-sided) for the share of agreeing samples: 0.5
// for a single sample, 0.89 for eight of eight. What engines without calibration report.
double CautiousConfidence(const ConfidenceFeatures& features);

// Logistic regression on [1, a, l, s, s a, s l] with a = ln((agreeing + 1/2) / (samples - agreeing
// + 1/2)), l = mean log-probability, s = 2 street_level - 1.
struct ConfidenceWeights {
  static constexpr size_t kCount = 6;
  std::array<double, kCount> values = {};

  [[nodiscard]] double Probability(const ConfidenceFeatures& features) const;
};

// One fit for one number of samples.
struct CalibrationFit {
  int samples = 0;
  int photos = 0;  // it was fitted on
  ConfidenceWeights weights = {};
  RadiusModel street_radius = {};
  RadiusModel ordinary_radius = {};

  // Of the kind that most samples state; street-level where none states any.
  [[nodiscard]] const RadiusModel& RadiusFor(const ConfidenceFeatures& features) const {
    return features.street_level < 0.5 ? ordinary_radius : street_radius;
  }
};

class Calibration {
 public:
  // calibration.json: {"schema": "gre.calibration/2", "abstain_below": 0.3, "fits": [{"samples",
  // "photos", "weights": [6 numbers], "radius": {"street" and "ordinary": {"typical_error_km",
  // "p50_scale", "p90_scale"}}}]}.
  static Result<Calibration> Parse(std::string_view json);
  [[nodiscard]] std::string ToJson() const;

  // The fit for the nearest number of samples, smaller before larger.
  [[nodiscard]] const CalibrationFit& FitFor(int samples) const;
  [[nodiscard]] double abstain_below() const { return abstain_below_; }
  [[nodiscard]] std::span<const CalibrationFit> fits() const { return fits_; }

  // Replaces a fit for the same number of samples.
  void Add(const CalibrationFit& fit);
  void set_abstain_below(double confidence) { abstain_below_ = confidence; }

 private:
  double abstain_below_ = 0.3;
  std::vector<CalibrationFit> fits_;  // by rising samples
};

// One labelled photo that was located with --always-answer.
struct CalibrationExample {
  LatLng answer = {};
  ConfidenceFeatures features;
  bool correct = false;   // the answer's country is right
  double weight = 1;      // e.g. to balance kinds of photos
  bool ordinary = false;  // an ordinary photo, by its label
  double error_km = 0;    // to the true point; to the true country's border where that is all known
  RadiusEstimate raw_radius;  // EstimateRadius with the default RadiusModel
};

struct CalibrationFitOptions {
  int samples = 1;
  // Of the ordinary photos that the model will meet, the share that is so unlike those of the fit
  // (other photographers, other journeys) that it is right on none of them: their successes count
  // as 1 - unfamiliar. The street-level photos of a fit come from the cameras of later ones.
  double unfamiliar = 0;
  double ridge = 0.5;  // penalty on the squares of all weights but the first
};

// Maximum likelihood with a ridge penalty (Newton's method), and for the radii of each
// stated kind of photo the factors with which half and nine tenths of the errors lie inside (at
// least 1: an error to a border is only a lower bound; those of all photos where a kind has fewer
// than 20). Fails when fewer than ten examples are given or all have the
// same outcome.
Result<CalibrationFit> FitCalibration(std::span<const CalibrationExample> examples,
                                      const CalibrationFitOptions& options);

}  // namespace gre
