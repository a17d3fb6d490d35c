#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// What the country head of an embedded model believes of photos, without its text: for each photo
// the probabilities of the head's classes, which are the country codes of its training photos in
// alphabetical order. Errors: the directory is no gre-nano, a photo cannot be read.
Result<std::vector<std::vector<float>>> ReadCountryBeliefs(const std::string& model_directory,
                                                           const std::vector<std::string>& photos,
                                                           const CancellationToken& cancellation);

}  // namespace gre
