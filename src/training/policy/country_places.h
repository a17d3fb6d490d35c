#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/teacher/point_sampler.h"
#include "geo/lat_lng.h"
#include "training/policy/grpo_config.h"
#include "training/tuning/training_records.h"

namespace gre {

// The places that stand for each country of the records of which only the country is known: fixed
// ones of `sampler`. Empty lists where the distance earns no reward; an error where it does and
// there is no sampler, or no place in a country.
Result<std::map<std::string, std::vector<LatLng>>> PlacesOf(
    const GrpoConfig& config, const std::vector<TrainingRecord>& records,
    const std::optional<PointSampler>& sampler);

}  // namespace gre
