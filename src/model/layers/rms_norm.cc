#include "model/layers/rms_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>

namespace gre {

RmsNorm::RmsNorm(WeightSource& source, const std::string& path, int64_t size, double eps)
    : name_(path + ".weight"), weight_(source.Get(name_, {size})), eps_(eps) {}

at::Tensor RmsNorm::Forward(const at::Tensor& x) const {
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = wide.square().mean(-1, /*keepdim=*/true).add_(eps_).rsqrt_();
  return weight_ * (wide * scale).to(x.scalar_type());
}

void RmsNorm::VisitParameters(const ParameterVisitor& visitor) {
  visitor({name_, &weight_, 0, weight_.size(0)});
}

}  // namespace gre
