#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/weight_source.h"

namespace gre {

// y = w * (x - mean) / sqrt(variance + eps) + b over the last axis (arXiv 1607.06450).
class LayerNorm {
 public:
  LayerNorm() = default;
  // Takes "<path>.weight" and "<path>.bias", [size] each.
  LayerNorm(WeightSource& source, const std::string& path, int64_t size, double eps);

  [[nodiscard]] at::Tensor Forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  double eps_ = 0;
};

}  // namespace gre
