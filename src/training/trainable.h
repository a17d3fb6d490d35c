#pragma once

#include <vector>

#include "model/vision_language_model.h"
#include "training/adamw.h"

namespace gre {

// The live adapters of a model as an optimiser takes them; their leaves are set to require
// gradients by it.
std::vector<TrainedParameter> AdapterParameters(VisionLanguageModel& model);

// Which weights full fine-tuning updates.
struct TrainedParts {
  bool vision = false, merger = false, language = true;  // ModelPart
};
// The others are told not to require gradients.
std::vector<TrainedParameter> WeightParameters(VisionLanguageModel& model,
                                               const TrainedParts& parts);

}  // namespace gre
