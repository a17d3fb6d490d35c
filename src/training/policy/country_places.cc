#include "training/policy/country_places.h"

#include "core/strings.h"

namespace gre {

Result<std::map<std::string, std::vector<LatLng>>> PlacesOf(
    const GrpoConfig& config, const std::vector<TrainingRecord>& records,
    const std::optional<PointSampler>& sampler) {
  std::map<std::string, std::vector<LatLng>> places;
  for (const TrainingRecord& record : records) {
    if (!record.point && !record.country_code.empty()) places[record.country_code];
  }
  if (config.weights[RewardPart::kDistance] == 0 || places.empty()) return places;
  if (!sampler) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({"rewards.gallery: expected a file of LAT,LON lines, because ",
                         std::to_string(places.size()),
                         " countries stand as truths without coordinates, found none"})};
  }
  for (auto& [country, points] : places) {
    points = sampler->FixedPoints(country, static_cast<size_t>(config.places_per_country));
    if (points.empty()) {
      return Error{ErrorCode::kInvalidInput, Concat({config.gallery, ": no point lies in ", country,
                                                     ", which is the truth of some record"})};
    }
  }
  return places;
}

}  // namespace gre
