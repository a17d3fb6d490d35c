#include "model/loader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <ATen/ops/isfinite.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/bert/model.h"
#include "model/checkpoint_source.h"
#include "model/clip/model.h"
#include "model/gre_nano/model.h"
#include "model/qwen2_5_vl/files.h"
#include "model/qwen2_5_vl/model.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

struct Architecture {
  std::string_view model_type;
  bool embedded;  // comes with the program
  // Null for models that only make vectors (generation/embedder.h).
  Result<std::unique_ptr<VisionLanguageModel>> (*load)(const std::string&, const ModelLoadOptions&);
  ModelReport (*inspect)(const std::string&);
};

// The one place that knows the architectures.
constexpr std::array kArchitectures = {
    Architecture{
        "qwen2_5_vl", false, &Qwen25VlModel::Load,
        [](const std::string& directory) { return Qwen25VlFiles::Open(directory, {}).Report(); }},
    Architecture{"gre_nano", true, &GreNano::Load, &GreNano::Inspect},
    Architecture{"bert", false, nullptr, &BertEmbeddingModel::Inspect},
    Architecture{"clip", false, nullptr, &ClipModel::Inspect},
};

Result<const Architecture*> FindArchitecture(const std::string& directory) {
  GRE_ASSIGN_OR_RETURN(const Json config, ReadJsonFile(directory + "/config.json"));
  std::string type;
  if (config.is_object() && config.contains("model_type") && config["model_type"].is_string()) {
    type = config["model_type"].get<std::string>();
  }
  std::string known;
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.model_type == type) return &architecture;
    known += (known.empty() ? "\"" : ", \"") + std::string(architecture.model_type) + "\"";
  }
  return Error{ErrorCode::kInvalidInput, directory + "/config.json: model_type: expected one of " +
                                             known + ", found \"" + type + "\""};
}

// In pieces, since LibTorch makes several copies of what it looks at.
bool AllFinite(const at::Tensor& values) {
  constexpr int64_t kPiece = 1 << 20;
  for (int64_t begin = 0; begin < values.size(0); begin += kPiece) {
    const at::Tensor piece = values.narrow(0, begin, std::min(kPiece, values.size(0) - begin));
    if (!at::isfinite(piece).all().item<bool>()) return false;
  }
  return true;
}

void FindNonFinite(const std::string& directory, std::vector<std::string>& problems) {
  const auto checkpoint = Checkpoint::OpenDirectory(directory);
  if (!checkpoint.ok()) return;  // the report has it already
  for (const auto& [name, tensor] : checkpoint->tensors()) {
    const auto type = ToScalarType(tensor.entry.dtype);
    if (!type || !at::isFloatingType(*type)) continue;
    if (!AllFinite(ViewTensor(tensor).flatten())) {
      problems.push_back("tensor '" + name + "': expected finite numbers, found NaN or infinity");
    }
    tensor.Release();
  }
}

}  // namespace

Result<std::unique_ptr<VisionLanguageModel>> LoadModel(const std::string& directory,
                                                       const ModelLoadOptions& options) {
  GRE_ASSIGN_OR_RETURN(const Architecture* architecture, FindArchitecture(directory));
  if (architecture->load == nullptr) {
    return Error{ErrorCode::kInvalidInput,
                 directory +
                     "/config.json: model_type: expected a model that writes text, found \"" +
                     std::string(architecture->model_type) + "\", which only makes vectors"};
  }
  return architecture->load(directory, options);
}

bool IsEmbeddedArchitecture(std::string_view architecture) {
  return std::any_of(kArchitectures.begin(), kArchitectures.end(), [&](const Architecture& row) {
    return row.embedded && row.model_type == architecture;
  });
}

Result<ModelReport> InspectModel(const std::string& directory, bool read_all_weights) {
  GRE_ASSIGN_OR_RETURN(const Architecture* architecture, FindArchitecture(directory));
  ModelReport report = architecture->inspect(directory);
  if (read_all_weights) FindNonFinite(directory, report.problems);
  return report;
}

}  // namespace gre
