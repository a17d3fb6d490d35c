#include "model/lora/peft_adapter.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

#include "core/file.h"
#include "core/strings.h"
#include "model/lora/peft_config.h"
#include "model/model_report.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr std::string_view kRoot = "base_model.model.";
constexpr std::string_view kSuffixA = ".lora_A.weight";
constexpr std::string_view kSuffixB = ".lora_B.weight";
constexpr std::string_view kHead = "lm_head";
constexpr std::string_view kEmbeddings = "model.embed_tokens";
constexpr size_t kMaxConfigBytes = 16u << 20;

Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

// The number after "layers." in a module path.
std::optional<int64_t> LayerOf(std::string_view module) {
  constexpr std::string_view kMark = "layers.";
  const size_t place = module.find(kMark);
  if (place == std::string_view::npos) return std::nullopt;
  const std::string_view rest = module.substr(place + kMark.size());
  return ParseInt(rest.substr(0, rest.find('.')));
}

// The two tensors of one module as the file spells it.
struct Pair {
  const Checkpoint::Tensor* a = nullptr;
  const Checkpoint::Tensor* b = nullptr;
};

bool IsMatrix(const Checkpoint::Tensor& tensor) {
  return tensor.entry.shape.size() == 2 &&
         (tensor.entry.dtype == TensorDtype::kF32 || tensor.entry.dtype == TensorDtype::kBF16 ||
          tensor.entry.dtype == TensorDtype::kF16);
}

void CheckPair(const std::string& module, const Pair& pair, const PeftConfig& config,
               std::vector<std::string>& problems) {
  const std::string name = std::string(kRoot) + module;
  if (pair.a == nullptr || pair.b == nullptr) {
    problems.push_back("tensor '" + name + std::string(pair.a == nullptr ? kSuffixA : kSuffixB) +
                       "': expected beside its partner, found nothing");
    return;
  }
  for (const Checkpoint::Tensor* tensor : {pair.a, pair.b}) {
    if (!IsMatrix(*tensor)) {
      problems.push_back(
          "tensor '" + tensor->entry.name + "': expected a BF16, F16 or F32 matrix, found " +
          std::string(TensorDtypeName(tensor->entry.dtype)) + " " + ShapeText(tensor->entry.shape));
      return;
    }
  }
  const int64_t rank = config.RankOf(module);
  const int64_t rank_a = pair.a->entry.shape[0];
  const int64_t rank_b = pair.b->entry.shape[1];
  if (rank_a != rank || rank_b != rank) {
    problems.push_back("module '" + module + "': expected rank " + std::to_string(rank) +
                       ", found lora_A " + ShapeText(pair.a->entry.shape) + " and lora_B " +
                       ShapeText(pair.b->entry.shape));
  }
  if (config.layers) {
    const auto layer = LayerOf(module);
    if (!layer ||
        std::find(config.layers->begin(), config.layers->end(), *layer) == config.layers->end()) {
      problems.push_back("module '" + module + "': expected only layers of layers_to_transform");
    }
  }
}

}  // namespace

Result<PeftAdapter> ReadPeftAdapter(const std::string& directory, const NameMap& name_map) {
  GRE_ASSIGN_OR_RETURN(const std::string text,
                       ReadFile(directory + "/adapter_config.json", kMaxConfigBytes));
  auto config = ParsePeftConfig(text);
  if (!config.ok()) return std::move(config).error().Wrap(directory);
  GRE_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                       Checkpoint::OpenFile(directory + "/adapter_model.safetensors"));
  std::vector<std::string> problems;
  std::map<std::string, Pair> pairs;
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    const bool is_a = name.ends_with(kSuffixA);
    if (name.ends_with(".lora_embedding_A") || name.ends_with(".lora_embedding_B")) {
      problems.push_back("tensor '" + name +
                         "': adapters of embeddings are not supported; train without embed_tokens "
                         "in target_modules");
      continue;
    }
    if (!name.starts_with(kRoot) || (!is_a && !name.ends_with(kSuffixB))) {
      problems.push_back("tensor '" + name +
                         "': expected base_model.model.<module>.lora_A.weight or .lora_B.weight");
      continue;
    }
    const std::string module =
        name.substr(kRoot.size(), name.size() - kRoot.size() - kSuffixA.size());
    (is_a ? pairs[module].a : pairs[module].b) = &tensor;
  }
  for (const auto& [module, pair] : pairs) CheckPair(module, pair, *config, problems);
  if (pairs.empty() && problems.empty()) problems.emplace_back("expected LoRA tensors, found none");
  if (!problems.empty()) return Invalid(directory + ": " + JoinProblems(problems));

  PeftAdapter adapter;
  adapter.path = directory;
  const auto load = [](const Checkpoint::Tensor& tensor) {
    return ViewTensor(tensor).to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  };
  for (const auto& [module, pair] : pairs) {
    const std::string mapped = name_map(module);
    const auto [place, inserted] = adapter.modules.try_emplace(
        mapped.empty() ? module : mapped,
        PeftAdapter::Module{{load(*pair.a), load(*pair.b), config->ScalingOf(module)},
                            pair.a->entry.name,
                            pair.b->entry.name});
    if (!inserted) {
      return Invalid(directory + ": module '" + place->first + "' stands under two names");
    }
  }
  return adapter;
}

std::vector<std::string> AdapterProblems(const PeftAdapter& adapter, const LinearWalk& walk,
                                         bool tied) {
  std::map<std::string, std::pair<int64_t, int64_t>> shapes;  // module -> (out, in)
  walk([&](Linear& linear) {
    for (const Linear::Projection& projection : linear.projections()) {
      shapes[projection.path] = {projection.out, linear.in()};
    }
  });
  std::vector<std::string> problems;
  for (const auto& [path, module] : adapter.modules) {
    const auto place = shapes.find(path);
    if (place == shapes.end()) {
      const bool of_head = path == kHead || path == kEmbeddings;
      problems.push_back(
          "tensor '" + module.a_name + "': " +
          (of_head && tied
               ? "the base's head shares its embeddings, and an adapter of one would change both; "
                 "train without lm_head and embed_tokens in target_modules"
               : "expected one of the base's " + std::to_string(shapes.size()) +
                     " linear layers, found '" + path + "' (adapter of another base?)"));
      continue;
    }
    const auto [out, in] = place->second;
    const auto check = [&, path = path](const std::string& name, const at::Tensor& tensor,
                                        std::vector<int64_t> expected) {
      if (tensor.sizes() == at::IntArrayRef(expected)) return;
      problems.push_back("tensor '" + name + "': expected " + ShapeText(expected) + ", found " +
                         ShapeText(tensor.sizes()) + " (adapter of another base?)");
    };
    const int64_t rank = module.lora.a.size(0);
    check(module.a_name, module.lora.a, {rank, in});
    check(module.b_name, module.lora.b, {out, rank});
  }
  return problems;
}

void AttachAdapter(const PeftAdapter& adapter, const LinearWalk& walk, at::Device device) {
  walk([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      const auto place = adapter.modules.find(linear.projections()[i].path);
      if (place == adapter.modules.end()) continue;
      const LoraAdapter& lora = place->second.lora;
      linear.SetAdapter(i, LoraAdapter{lora.a.to(device), lora.b.to(device), lora.scaling});
    }
  });
}

at::Tensor MergingSource::Get(const std::string& name, at::IntArrayRef shape) {
  constexpr std::string_view kWeight = ".weight";
  at::Tensor weight = base_.Get(name, shape);
  if (!name.ends_with(kWeight)) return weight;
  const auto place = adapter_.modules.find(name.substr(0, name.size() - kWeight.size()));
  if (place == adapter_.modules.end()) return weight;
  const LoraAdapter& lora = place->second.lora;
  const at::Tensor delta = at::matmul(lora.b.to(weight.device()), lora.a.to(weight.device()));
  return weight.to(at::kFloat).add(delta, lora.scaling).to(weight.scalar_type());
}

}  // namespace gre
