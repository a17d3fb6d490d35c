#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/layers/weight_source.h"

namespace gre {

// y = w * x / sqrt(mean(x^2) + eps) over the last axis (arXiv 1910.07467); the statistics and the
// scaled x are float32, rounded to x's dtype before the product with w, as the reference does.
class RmsNorm {
 public:
  RmsNorm() = default;
  // Takes "<path>.weight" [size].
  RmsNorm(WeightSource& source, const std::string& path, int64_t size, double eps);

  [[nodiscard]] at::Tensor Forward(const at::Tensor& x) const;
  // x + y and Forward(x + y), in one pass where the kernels allow.
  [[nodiscard]] std::pair<at::Tensor, at::Tensor> ForwardSum(const at::Tensor& x,
                                                             const at::Tensor& y) const;
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  std::string name_;
  at::Tensor weight_;
  double eps_ = 0;
};

}  // namespace gre
