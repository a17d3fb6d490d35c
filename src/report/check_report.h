#pragma once

#include <string>

#include "dataset/check/dataset_check.h"

namespace gre {

// What `gre dataset check` found, for people: every reason with its photos, drops apart from flags.
std::string CheckText(const CheckSummary& summary);
// The same for programs: a JSON object.
std::string CheckJson(const CheckSummary& summary);

}  // namespace gre
