#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "model/model_options.h"
#include "model/model_report.h"
#include "model/vision_language_model.h"

namespace gre {

// Loads the model of a directory; "model_type" of its config.json chooses the architecture. The
// error names every file, field or tensor that is wrong, with the expected and the found. LibTorch
// exceptions (memory) may leave both functions.
Result<std::unique_ptr<VisionLanguageModel>> LoadModel(const std::string& directory,
                                                       const ModelLoadOptions& options = {});

// Whether models of this architecture (VisionLanguageModel::Spec) come with the program.
bool IsEmbeddedArchitecture(std::string_view architecture);

// What LoadModel would find, without loading. `read_all_weights` also reads every tensor and
// reports those with NaN or infinity. An error only when the architecture cannot be told.
Result<ModelReport> InspectModel(const std::string& directory, bool read_all_weights);

}  // namespace gre
