#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/scoring.h"

namespace gre {

// How scores were made, as (name, value) pairs that every table and file states: "preset",
// "distance", "boundary", "unparsed", "missing", "geoscore".
std::vector<std::pair<std::string, std::string>> DescribeConventions(
    const ScoreConventions& conventions);

}  // namespace gre
