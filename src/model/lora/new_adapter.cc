#include "model/lora/new_adapter.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <list>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/random.h"
#include "core/strings.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

bool IsTarget(std::string_view path, const std::string& target) {
  return !path.starts_with("visual.") && (path == target || path.ends_with("." + target));
}

at::Tensor UniformMatrix(int64_t rows, int64_t columns, double bound, uint64_t seed) {
  at::Tensor matrix = at::empty({rows, columns}, at::kFloat);
  Random random(seed);
  float* values = matrix.mutable_data_ptr<float>();
  for (int64_t i = 0; i < matrix.numel(); ++i) {
    values[i] = static_cast<float>(random.Uniform(-bound, bound));
  }
  return matrix;
}

std::string ConfigJson(const LoraSettings& settings, const std::string& base) {
  // few keys: PEFT refuses those that it does not know
  const nlohmann::json json = {{"peft_type", "LORA"},
                               {"task_type", "CAUSAL_LM"},
                               {"base_model_name_or_path", base},
                               {"revision", nullptr},
                               {"r", settings.rank},
                               {"lora_alpha", settings.alpha},
                               {"lora_dropout", settings.dropout},
                               {"bias", "none"},
                               {"target_modules", settings.targets},
                               {"exclude_modules", ".*visual.*"},
                               {"use_rslora", settings.rank_stabilised},
                               {"use_dora", false},
                               {"fan_in_fan_out", false},
                               {"init_lora_weights", true},
                               {"inference_mode", true},
                               {"modules_to_save", nullptr},
                               {"layers_to_transform", nullptr},
                               {"layers_pattern", nullptr},
                               {"rank_pattern", nlohmann::json::object()},
                               {"alpha_pattern", nlohmann::json::object()}};
  return json.dump(2) + "\n";
}

}  // namespace

Status AddLora(const LinearWalk& walk, const LoraSettings& settings, uint64_t seed,
               at::Device device) {
  const auto rank = static_cast<double>(settings.rank);
  const double scaling = settings.alpha / (settings.rank_stabilised ? std::sqrt(rank) : rank);
  std::set<std::string> unused(settings.targets.begin(), settings.targets.end());
  walk([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      const Linear::Projection& projection = linear.projections()[i];
      const auto target = std::ranges::find_if(settings.targets, [&](const std::string& name) {
        return IsTarget(projection.path, name);
      });
      if (target == settings.targets.end()) continue;
      unused.erase(*target);
      const double bound = 1 / std::sqrt(static_cast<double>(linear.in()));
      linear.SetAdapter(
          i, LoraAdapter{
                 UniformMatrix(settings.rank, linear.in(), bound, HashSeed(seed, projection.path))
                     .to(device),
                 at::zeros({projection.out, settings.rank}, at::kFloat).to(device), scaling});
    }
  });
  if (unused.empty()) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      "lora.targets: no linear layer of the language model is called '" + *unused.begin() + "'"};
}

void SetDropout(const LinearWalk& walk, double dropout, uint64_t seed) {
  walk([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      if (std::optional<LoraAdapter> adapter = linear.adapter(i)) {
        adapter->dropout = dropout;
        adapter->dropout_seed = seed;
        linear.SetAdapter(i, std::move(adapter));
      }
    }
  });
}

Status WriteLora(const std::string& directory, const LinearWalk& walk, const LoraSettings& settings,
                 const std::string& base, const ModuleName& name) {
  const std::string folder = directory + ".writing";
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) return Error{ErrorCode::kUnavailable, folder + ": " + error.message()};
  std::list<at::Tensor> kept;
  std::vector<TensorData> tensors;
  const auto add = [&](const std::string& module, const char* suffix, const at::Tensor& tensor) {
    kept.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
    const at::Tensor& values = kept.back();
    tensors.push_back({Concat({"base_model.model.", name(module), suffix}),
                       TensorDtype::kF32,
                       values.sizes().vec(),
                       {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}});
  };
  walk([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      if (const auto& adapter = linear.adapter(i)) {
        add(linear.projections()[i].path, ".lora_A.weight", adapter->a);
        add(linear.projections()[i].path, ".lora_B.weight", adapter->b);
      }
    }
  });
  GRE_RETURN_IF_ERROR(WriteSafetensors(folder + "/adapter_model.safetensors", std::move(tensors)));
  GRE_RETURN_IF_ERROR(
      WriteFileAtomically(folder + "/adapter_config.json", ConfigJson(settings, base)));
  return ReplaceFolder(folder, directory);
}

}  // namespace gre
