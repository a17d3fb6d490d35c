#pragma once

#include <string>

#include "dataset/seed/dataset_seed.h"

namespace gre {

// The sample that `gre dataset seed` drew, for people: splits by continent and country.
std::string SeedText(const SeedSummary& summary);
// The same for programs: a JSON object.
std::string SeedJson(const SeedSummary& summary);

}  // namespace gre
