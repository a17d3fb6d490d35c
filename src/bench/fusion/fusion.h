#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "metrics/monotone_calibration.h"

namespace gre {

// Several systems' answers to the same photo become one: each votes with its calibrated
// reliability. Pure, thread-safe.

// One system's answer. A system without an answer casts no vote.
struct FusionVote {
  size_t system = 0;
  LatLng point = {};
  double confidence = std::numeric_limits<double>::quiet_NaN();  // as stated, in [0, 1]
};

// What the choice of settings decides.
struct FusionSettings {
  // What an answer's reliability r in [0, 1] is the expectation of.
  enum class Measure { kGeoScore, kWithin25Km, kWithin200Km };  // GeoScore / 5000
  enum class Weight {
    kShare,  // r
    kOdds,   // r / (1 - r)
  };
  Measure measure = Measure::kGeoScore;
  Weight weight = Weight::kShare;
  bool use_confidence = false;  // r depends on the stated confidence

  friend bool operator==(const FusionSettings&, const FusionSettings&) = default;
};

std::string_view MeasureName(FusionSettings::Measure measure);  // "geoscore", "within_25_km", …
std::string_view WeightName(FusionSettings::Weight weight);     // "share", "odds"
// "GeoScore, weighted by its odds, with stated confidence": for reports.
std::string DescribeSettings(const FusionSettings& settings);

struct FusionSystem {
  std::string name = {};
  MonotoneCalibration reliability = {};

  friend bool operator==(const FusionSystem&, const FusionSystem&) = default;
};

// All that was learned. Systems are sorted by name.
struct FusionModel {
  FusionSettings settings = {};
  std::vector<FusionSystem> systems = {};
  // That the fused answer's country is right, by its support.
  MonotoneCalibration confidence = {};
  // What the predictions that were learned from wrote for certainty; stated confidences are divided
  // by it before they get here.
  double confidence_max = 1;

  // Of one answer of a system.
  [[nodiscard]] double WeightOf(size_t system, double stated_confidence) const;

  friend bool operator==(const FusionModel&, const FusionModel&) = default;
};

// {"schema": "gre.fusion/1", "settings": {"measure", "weight", "use_confidence"}, "systems":
// [{"name", "answers", "overall", "steps": [[from, probability], …]}], "confidence": {"answers",
// "overall", "steps"}, "confidence_max"}. The errors name the field.
Result<FusionModel> ParseFusionModel(std::string_view json);
std::string FusionModelJson(const FusionModel& model);

// kInvalidInput unless `names`, sorted, are those of the model's systems.
Status CheckSystems(const FusionModel& model, std::span<const std::string> names);

struct FusedAnswer {
  LatLng point = {};
  // The share of expected GeoScore that all systems' weight gives the chosen answer, in [0, 1];
  // systems without an answer give none.
  double support = 0;
  size_t votes = 0;
  size_t agreeing = 0;  // votes within 200 km of the chosen one and in its country, itself included
  size_t chosen = 0;    // the system whose answer was chosen
  size_t vote = 0;      // the chosen answer among the ballot's votes
  // The point is a median of agreeing answers, in the chosen answer's country.
  bool is_median = false;
};

// The votes on one photo, with what does not depend on the model.
class Ballot {
 public:
  // `votes` at most one a system.
  explicit Ballot(std::vector<FusionVote> votes);

  [[nodiscard]] const std::vector<FusionVote>& votes() const { return votes_; }

  // With w the weights, chooses the answer i of highest expected GeoScore, sum_j w_j exp(-d_ij /
  // 1492.7 km) (equal ones: the first system's). Where at least three answers agree with it, the
  // result is their weighted geometric median if that lies in the same country, otherwise the
  // chosen answer: so it is never a place between two that nobody proposed. nullopt without votes.
  [[nodiscard]] std::optional<FusedAnswer> Fuse(const FusionModel& model) const;

 private:
  std::vector<FusionVote> votes_;           // by system
  std::vector<double> closeness_;           // [votes, votes], GeoScore / 5000
  std::vector<double> distances_km_;        // [votes, votes]
  std::vector<std::string> country_codes_;  // of the votes; only where three lie near each other
};

}  // namespace gre
