#include "training/initial_weights.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/zeros.h>

#include "core/random.h"

namespace gre {
namespace {

constexpr double kBatchNormEpsilon = 1e-3;  // EfficientNet's
constexpr double kDeviation = 0.02;
constexpr double kHintDeviation = 0.5;         // the size of the image tokens it is added to
constexpr std::string_view kTower = "tower.";  // "tower.", "reference_tower."

}  // namespace

Result<TensorMap> FoldBatchNorms(const TensorMap& checkpoint) {
  constexpr std::string_view kConv = ".conv.weight";
  TensorMap folded;
  for (const auto& [name, weight] : checkpoint) {
    if (!name.ends_with(kConv)) {
      continue;
    }
    const std::string base = name.substr(0, name.size() - kConv.size());
    auto statistic = [&, out = weight.size(0)](const std::string& part) -> Result<at::Tensor> {
      const std::string full = base + ".bn." + part;
      const auto it = checkpoint.find(full);
      if (it == checkpoint.end() || it->second.dim() != 1 || it->second.size(0) != out) {
        return Error{ErrorCode::kInvalidInput,
                     "backbone tensor '" + full + "': expected " + std::to_string(out) +
                         " values, found " +
                         (it == checkpoint.end() ? "no such tensor" : "another shape")};
      }
      return it->second.to(at::kDouble);
    };
    GRE_ASSIGN_OR_RETURN(const at::Tensor gamma, statistic("weight"));
    GRE_ASSIGN_OR_RETURN(const at::Tensor beta, statistic("bias"));
    GRE_ASSIGN_OR_RETURN(const at::Tensor mean, statistic("running_mean"));
    GRE_ASSIGN_OR_RETURN(const at::Tensor variance, statistic("running_var"));
    const at::Tensor scale = gamma * at::rsqrt(variance + kBatchNormEpsilon);
    folded[base + ".weight"] = (weight.to(at::kDouble) * scale.view({-1, 1, 1, 1})).to(at::kFloat);
    folded[base + ".bias"] = (beta - mean * scale).to(at::kFloat);
  }
  return folded;
}

InitialWeights::InitialWeights(TensorMap backbone, uint64_t seed, at::ScalarType dtype)
    : backbone_(std::move(backbone)), seed_(seed), dtype_(dtype) {}

at::Tensor InitialWeights::Get(const std::string& name, at::IntArrayRef shape) {
  if (const size_t tower = name.find(kTower); tower != std::string::npos) {
    const std::string backbone_name = name.substr(tower + kTower.size());
    const auto it = backbone_.find(backbone_name);
    if (it != backbone_.end() && it->second.sizes() == shape) {
      return it->second.to(dtype_).clone();
    }
    if (status_.ok()) {
      status_ = Error{ErrorCode::kInvalidInput,
                      "backbone: '" + backbone_name + "' is missing or mis-shaped"};
    }
    return at::zeros(shape, dtype_);
  }
  if (name.ends_with("norm.weight") || name.ends_with("_deviation")) {
    return at::ones(shape, dtype_);
  }
  if (name.ends_with(".bias") || name.ends_with("_mean")) {
    return at::zeros(shape, dtype_);
  }
  const double deviation = name == "projector.hint" ? kHintDeviation : kDeviation;
  at::Tensor values = at::empty(shape, at::kFloat);
  Random random(HashSeed(seed_, name));
  auto* data = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = static_cast<float>(deviation * random.Normal());
  }
  return values.to(dtype_);
}

}  // namespace gre
