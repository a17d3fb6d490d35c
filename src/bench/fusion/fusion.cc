#include "bench/fusion/fusion.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "geo/geodesic.h"
#include "geo/sphere.h"
#include "knowledge/place_namer.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kAgreementKm = 200;
constexpr size_t kMinMedianVotes = 3;
// Odds grow without bound; so few photos tell no more.
constexpr double kMaxReliability = 0.99;
// Sums of equal terms may differ in their last digits.
constexpr double kTieTolerance = 1e-12;

}  // namespace

std::string_view MeasureName(FusionSettings::Measure measure) {
  switch (measure) {
    case FusionSettings::Measure::kGeoScore:
      return "geoscore";
    case FusionSettings::Measure::kWithin25Km:
      return "within_25_km";
    case FusionSettings::Measure::kWithin200Km:
      return "within_200_km";
  }
  return "?";
}

std::string_view WeightName(FusionSettings::Weight weight) {
  return weight == FusionSettings::Weight::kShare ? "share" : "odds";
}

std::string DescribeSettings(const FusionSettings& settings) {
  std::string text;
  switch (settings.measure) {
    case FusionSettings::Measure::kGeoScore:
      text = "expected GeoScore";
      break;
    case FusionSettings::Measure::kWithin25Km:
      text = "share within 25 km";
      break;
    case FusionSettings::Measure::kWithin200Km:
      text = "share within 200 km";
      break;
  }
  if (settings.weight == FusionSettings::Weight::kOdds) text += " as odds";
  if (settings.use_confidence) text += ", by stated confidence";
  return text;
}

double FusionModel::WeightOf(size_t system, double stated_confidence) const {
  const double reliability =
      std::min(systems[system].reliability.Probability(stated_confidence), kMaxReliability);
  return settings.weight == FusionSettings::Weight::kShare ? reliability
                                                           : reliability / (1 - reliability);
}

Status CheckSystems(const FusionModel& model, std::span<const std::string> names) {
  if (std::ranges::equal(model.systems, names, {}, &FusionSystem::name)) return {};
  std::string message = "expected predictions named";
  for (const FusionSystem& system : model.systems) message.append(" ").append(system.name);
  message.append(", found");
  for (const std::string& name : names) message.append(" ").append(name);
  message.append("");
  return Error{ErrorCode::kInvalidInput, std::move(message)};
}

Ballot::Ballot(std::vector<FusionVote> votes) : votes_(std::move(votes)) {
  std::ranges::sort(votes_, {}, &FusionVote::system);
  const size_t count = votes_.size();
  closeness_.resize(count * count);
  distances_km_.resize(count * count);
  bool may_have_median = false;
  for (size_t i = 0; i < count; ++i) {
    size_t near = 0;
    for (size_t j = 0; j < count; ++j) {
      const double distance_km = HaversineDistanceKm(votes_[i].point, votes_[j].point);
      distances_km_[i * count + j] = distance_km;
      closeness_[i * count + j] = GeoScore(distance_km) / kMaxGeoScore;
      near += distance_km <= kAgreementKm ? 1 : 0;
    }
    may_have_median = may_have_median || near >= kMinMedianVotes;
  }
  if (!may_have_median) return;
  for (const FusionVote& vote : votes_) country_codes_.push_back(CountryCodeAt(vote.point));
}

std::optional<FusedAnswer> Ballot::Fuse(const FusionModel& model) const {
  const size_t count = votes_.size();
  if (count == 0) return std::nullopt;
  std::vector<double> weights(count);
  std::vector<bool> has_voted(model.systems.size());
  double total_weight = 0;
  for (size_t i = 0; i < count; ++i) {
    GRE_CHECK(votes_[i].system < model.systems.size());
    weights[i] = model.WeightOf(votes_[i].system, votes_[i].confidence);
    total_weight += weights[i];
    has_voted[votes_[i].system] = true;
  }
  for (size_t system = 0; system < model.systems.size(); ++system) {
    if (has_voted[system]) continue;
    total_weight += model.WeightOf(system, std::numeric_limits<double>::quiet_NaN());
  }
  size_t best = 0;
  double best_score = -1;
  for (size_t i = 0; i < count; ++i) {
    double score = 0;
    for (size_t j = 0; j < count; ++j) score += weights[j] * closeness_[i * count + j];
    if (score > best_score * (1 + kTieTolerance)) {
      best_score = score;
      best = i;
    }
  }
  FusedAnswer answer = {.point = votes_[best].point,
                        .support = total_weight > 0 ? best_score / total_weight : 0,
                        .votes = count,
                        .chosen = votes_[best].system,
                        .vote = best};
  std::vector<LatLng> agreeing;
  std::vector<double> agreeing_weights;
  for (size_t i = 0; i < count; ++i) {
    if (distances_km_[best * count + i] > kAgreementKm) continue;
    if (!country_codes_.empty() && country_codes_[i] != country_codes_[best]) continue;
    agreeing.push_back(votes_[i].point);
    agreeing_weights.push_back(weights[i]);
  }
  answer.agreeing = agreeing.size();
  if (agreeing.size() >= kMinMedianVotes) {
    const std::optional<LatLng> median = GeometricMedian(agreeing, agreeing_weights);
    if (median && CountryCodeAt(*median) == country_codes_[best]) {
      answer.point = *median;
      answer.is_median = true;
    }
  }
  return answer;
}

}  // namespace gre
