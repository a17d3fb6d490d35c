#include "training/trainable.h"

#include <map>
#include <string>
#include <utility>

#include "core/strings.h"

namespace gre {

std::vector<TrainedParameter> AdapterParameters(VisionLanguageModel& model) {
  std::vector<TrainedParameter> parameters;
  model.VisitLinears([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      const auto& adapter = linear.adapter(i);
      if (!adapter) continue;
      const std::string& path = linear.projections()[i].path;
      parameters.push_back({.name = Concat({path, ".lora_A"}), .value = adapter->a});
      parameters.push_back({.name = Concat({path, ".lora_B"}), .value = adapter->b});
    }
  });
  return parameters;
}

std::vector<TrainedParameter> WeightParameters(VisionLanguageModel& model,
                                               const TrainedParts& parts) {
  std::vector<TrainedParameter> parameters;
  std::map<const void*, size_t> seen;  // several slices share one stacked weight
  model.VisitParameters([&](const ParameterSlice& slice) {
    const ModelPart part = model.PartOf(slice.name);
    const bool trained = part == ModelPart::kMerger   ? parts.merger
                         : part == ModelPart::kVision ? parts.vision
                                                      : parts.language;
    if (!trained) {
      slice.parameter->set_requires_grad(false);
      return;
    }
    if (!seen.try_emplace(slice.parameter, parameters.size()).second) return;
    parameters.push_back({.name = slice.name, .value = *slice.parameter});
  });
  return parameters;
}

}  // namespace gre
