#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "model/vision_language_model.h"

namespace gre {

// The model, but what its tower and merger make of an image is computed once and kept in
// `directory` (made where it is missing): a file for each prepared image, under a hash of these
// weights and of the config.json in `model_directory`. For models whose tower and merger do not
// learn while the result is used. Any number of processes may share the directory. A file that
// cannot be read is made anew, one that cannot be written is a warning. Error: the directory cannot
// be made, or config.json not be read.
Result<std::shared_ptr<VisionLanguageModel>> StoreImageFeatures(
    std::shared_ptr<VisionLanguageModel> model, const std::string& model_directory,
    const std::string& directory);

}  // namespace gre
