#include "localizer/confidence.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/json.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr char kSchema[] = "gre.calibration/2";
constexpr size_t kCount = ConfidenceWeights::kCount;
using Vector = std::array<double, kCount>;
using SquareMatrix = std::array<Vector, kCount>;

Vector FeatureVector(const ConfidenceFeatures& features) {
  const double agreement =
      std::log((features.agreeing + 0.5) / (features.samples - features.agreeing + 0.5));
  const double log_probability = features.mean_log_probability;
  const double street = 2 * features.street_level - 1;
  return {1, agreement, log_probability, street, street * agreement, street * log_probability};
}

double Dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < kCount; ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

double Sigmoid(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

// Solves A x = b for a symmetric positive definite A (Cholesky).
Vector SolveSymmetric(SquareMatrix a, Vector b) {
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) {
        sum -= a[i][k] * a[j][k];
      }
      a[i][j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / a[j][j];
    }
  }
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t k = 0; k < i; ++k) {
      b[i] -= a[i][k] * b[k];
    }
    b[i] /= a[i][i];
  }
  for (size_t i = kCount; i-- > 0;) {
    for (size_t k = i + 1; k < kCount; ++k) {
      b[i] -= a[k][i] * b[k];
    }
    b[i] /= a[i][i];
  }
  return b;
}

// How far a success may be believed.
double Target(const CalibrationExample& example, const CalibrationFitOptions& options) {
  if (!example.correct) {
    return 0;
  }
  return example.ordinary ? 1 - options.unfamiliar : 1;
}

// Penalised cross-entropy.
double Loss(std::span<const CalibrationExample> examples, const Vector& weights,
            const CalibrationFitOptions& options) {
  double loss = 0;
  for (const CalibrationExample& example : examples) {
    const double score = Dot(FeatureVector(example.features), weights);
    const double log_partition =
        score > 0 ? score + std::log1p(std::exp(-score)) : std::log1p(std::exp(score));
    loss += example.weight * (log_partition - Target(example, options) * score);
  }
  for (size_t i = 1; i < kCount; ++i) {
    loss += options.ridge / 2 * weights[i] * weights[i];
  }
  return loss;
}

Vector FitWeights(std::span<const CalibrationExample> examples,
                  const CalibrationFitOptions& options) {
  constexpr int kMaxSteps = 50;
  Vector weights = {};
  double loss = Loss(examples, weights, options);
  for (int step = 0; step < kMaxSteps; ++step) {
    Vector gradient = {};
    SquareMatrix hessian = {};
    for (size_t i = 0; i < kCount; ++i) {
      // The first weight is free; the little keeps the matrix regular.
      gradient[i] = i == 0 ? 0 : options.ridge * weights[i];
      hessian[i][i] = i == 0 ? 1e-9 : options.ridge;
    }
    for (const CalibrationExample& example : examples) {
      const Vector x = FeatureVector(example.features);
      const double p = Sigmoid(Dot(x, weights));
      const double slope = example.weight * (p - Target(example, options));
      const double curvature = example.weight * p * (1 - p);
      for (size_t i = 0; i < kCount; ++i) {
        gradient[i] += slope * x[i];
        for (size_t j = 0; j < kCount; ++j) {
          hessian[i][j] += curvature * x[i] * x[j];
        }
      }
    }
    const Vector direction = SolveSymmetric(hessian, gradient);
    // The problem is convex: halving a Newton step that overshoots always ends.
    double scale = 1;
    Vector next = weights;
    double next_loss = loss;
    for (; scale > 1e-6; scale /= 2) {
      for (size_t i = 0; i < kCount; ++i) {
        next[i] = weights[i] - scale * direction[i];
      }
      next_loss = Loss(examples, next, options);
      if (next_loss <= loss) {
        break;
      }
    }
    if (scale <= 1e-6) {
      break;
    }
    const double gain = loss - next_loss;
    weights = next;
    loss = next_loss;
    if (gain < 1e-10) {
      break;
    }
  }
  return weights;
}

constexpr size_t kMinErrors = 20;

// The factors with which half and nine tenths of the errors lie inside; nullopt for too few errors.
std::optional<RadiusModel> FitRadius(const std::vector<const CalibrationExample*>& examples) {
  std::vector<double> p50_ratios;
  std::vector<double> p90_ratios;
  for (const CalibrationExample* example : examples) {
    if (example->raw_radius.p50_km > 0) {
      p50_ratios.push_back(example->error_km / example->raw_radius.p50_km);
      p90_ratios.push_back(example->error_km / example->raw_radius.p90_km);
    }
  }
  if (p50_ratios.size() < kMinErrors) {
    return std::nullopt;
  }
  std::ranges::sort(p50_ratios);
  std::ranges::sort(p90_ratios);
  RadiusModel radius;
  radius.p50_scale = std::max(1.0, QuantileOfSorted(p50_ratios, 0.5));
  radius.p90_scale = std::max(1.0, QuantileOfSorted(p90_ratios, 0.9));
  return radius;
}

nlohmann::ordered_json ToJson(const RadiusModel& radius) {
  return {{"typical_error_km", radius.typical_error_km},
          {"p50_scale", radius.p50_scale},
          {"p90_scale", radius.p90_scale}};
}

RadiusModel ParseRadius(const Json& radius) {
  return {.typical_error_km = radius.at("typical_error_km").get<double>(),
          .p50_scale = radius.at("p50_scale").get<double>(),
          .p90_scale = radius.at("p90_scale").get<double>()};
}

bool IsPositive(const RadiusModel& radius) {
  return radius.typical_error_km > 0 && radius.p50_scale > 0 && radius.p90_scale > 0;
}

Error BadCalibration(const std::string& what) {
  return {ErrorCode::kInvalidInput, "calibration: " + what};
}

}  // namespace

ConfidenceFeatures MeasureConfidence(std::span<const Sample> samples,
                                     std::string_view country_code) {
  ConfidenceFeatures features;
  features.samples = static_cast<int>(samples.size());
  double log_probability = 0;
  int with_log_probability = 0;
  int street = 0;
  int stated = 0;
  for (const Sample& sample : samples) {
    stated += sample.photo_kind != PhotoKindStatement::kNone ? 1 : 0;
    street += sample.photo_kind == PhotoKindStatement::kStreetLevel ? 1 : 0;
    if (sample.point && !country_code.empty() && sample.country_code == country_code) {
      ++features.agreeing;
      if (sample.mean_log_probability) {
        log_probability += *sample.mean_log_probability;
        ++with_log_probability;
      }
    }
  }
  if (with_log_probability > 0) {
    features.mean_log_probability = log_probability / with_log_probability;
  }
  if (stated > 0) {
    features.street_level = static_cast<double>(street) / stated;
  }
  return features;
}

double CautiousConfidence(const ConfidenceFeatures& features) {
  if (features.samples == 0) {
    return 0;
  }
  const double n = features.samples;
  const double share = features.agreeing / n;
  return (share + 1 / (2 * n) - std::sqrt(share * (1 - share) / n + 1 / (4 * n * n))) / (1 + 1 / n);
}

double ConfidenceWeights::Probability(const ConfidenceFeatures& features) const {
  return Sigmoid(Dot(FeatureVector(features), values));
}

Result<Calibration> Calibration::Parse(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  Calibration calibration;
  try {
    if (root.at("schema") != kSchema) {
      return BadCalibration("expected schema '" + std::string(kSchema) + "', found " +
                            root.at("schema").dump());
    }
    calibration.abstain_below_ = root.at("abstain_below").get<double>();
    for (const Json& row : root.at("fits")) {
      const Json& radius = row.at("radius");
      CalibrationFit fit;
      fit.samples = row.at("samples").get<int>();
      fit.photos = row.at("photos").get<int>();
      fit.weights.values = row.at("weights").get<Vector>();
      if (row.at("weights").size() != kCount) {
        return BadCalibration("expected 6 weights, found " +
                              std::to_string(row.at("weights").size()));
      }
      fit.street_radius = ParseRadius(radius.at("street"));
      fit.ordinary_radius = ParseRadius(radius.at("ordinary"));
      if (fit.samples < 1 || !IsPositive(fit.street_radius) || !IsPositive(fit.ordinary_radius)) {
        return BadCalibration("samples, typical_error_km and both scales must be positive");
      }
      calibration.Add(fit);
    }
  } catch (const Json::exception&) {
    return BadCalibration(
        "a member is missing or of another type than docs/localizer.md shows; make the file again "
        "with 'gre model calibrate'");
  }
  if (calibration.fits_.empty()) {
    return BadCalibration("it holds no fit");
  }
  return calibration;
}

std::string Calibration::ToJson() const {
  nlohmann::ordered_json fits = nlohmann::ordered_json::array();
  for (const CalibrationFit& fit : fits_) {
    fits.push_back({{"samples", fit.samples},
                    {"photos", fit.photos},
                    {"weights", fit.weights.values},
                    {"radius",
                     {{"street", gre::ToJson(fit.street_radius)},
                      {"ordinary", gre::ToJson(fit.ordinary_radius)}}}});
  }
  const nlohmann::ordered_json root = {
      {"schema", kSchema}, {"abstain_below", abstain_below_}, {"fits", fits}};
  return root.dump(2) + "\n";
}

const CalibrationFit& Calibration::FitFor(int samples) const {
  GRE_CHECK(!fits_.empty());
  const auto above = std::ranges::upper_bound(fits_, samples, {}, &CalibrationFit::samples);
  return above == fits_.begin() ? *above : *std::prev(above);
}

void Calibration::Add(const CalibrationFit& fit) {
  const auto at = std::ranges::lower_bound(fits_, fit.samples, {}, &CalibrationFit::samples);
  if (at != fits_.end() && at->samples == fit.samples) {
    *at = fit;
  } else {
    fits_.insert(at, fit);
  }
}

Result<CalibrationFit> FitCalibration(std::span<const CalibrationExample> examples,
                                      const CalibrationFitOptions& options) {
  constexpr size_t kMinExamples = 10;
  const auto right = std::ranges::count(examples, true, &CalibrationExample::correct);
  if (examples.size() < kMinExamples || right == 0 ||
      static_cast<size_t>(right) == examples.size()) {
    return Error{
        ErrorCode::kInvalidInput,
        "calibration needs at least 10 labelled photos, some right and some wrong; found " +
            std::to_string(examples.size()) + ", " + std::to_string(right) + " right"};
  }
  CalibrationFit fit;
  fit.samples = options.samples;
  fit.photos = static_cast<int>(examples.size());
  fit.weights.values = FitWeights(examples, options);
  std::vector<const CalibrationExample*> all;
  std::vector<const CalibrationExample*> street;
  std::vector<const CalibrationExample*> ordinary;
  for (const CalibrationExample& example : examples) {
    all.push_back(&example);
    (example.features.street_level < 0.5 ? ordinary : street).push_back(&example);
  }
  const RadiusModel pooled = FitRadius(all).value_or(RadiusModel());
  fit.street_radius = FitRadius(street).value_or(pooled);
  fit.ordinary_radius = FitRadius(ordinary).value_or(pooled);
  return fit;
}

}  // namespace gre
