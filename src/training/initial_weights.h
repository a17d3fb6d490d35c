#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "model/layers/weight_source.h"

namespace gre {

using TensorMap = std::map<std::string, at::Tensor>;

// EfficientNet-Lite2 as tools/reference/convert_efficientnet_lite2.py writes it
// ("X.conv.weight" and "X.bn.{weight,bias,running_mean,running_var}") to one convolution with a
// bias each: "X.weight", "X.bias", float32. Missing or mis-shaped norms are errors that name the
// tensor.
Result<TensorMap> FoldBatchNorms(const TensorMap& checkpoint);

// The weights a training run of gre-nano begins with: the tower from a folded backbone, norms 1,
// biases 0, all else normal with deviation 0.02 (the hint 0.5), drawn from (seed, tensor name). A
// tower tensor that the backbone lacks or that has another shape is reported by status() once the
// network is built.
class InitialWeights : public WeightSource {
 public:
  InitialWeights(TensorMap backbone, uint64_t seed, at::ScalarType dtype);
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override;
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  TensorMap backbone_;
  uint64_t seed_;
  at::ScalarType dtype_;
  Status status_;
};

}  // namespace gre
