#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// The content of a model.safetensors.index.json: the file that holds each tensor.
using WeightMap = std::map<std::string, std::string>;

// `json` is untrusted. File names are plain: no separators, no leading dot, so that they stay
// within the folder of the index. Errors name the entry, the expected and the found.
Result<WeightMap> ParseWeightsIndex(std::string_view json);

}  // namespace gre
