#include "model/layers/rms_norm.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>

#include "model/layers/kernel_dispatch.h"

namespace gre {

RmsNorm::RmsNorm(WeightSource& source, const std::string& path, int64_t size, double eps)
    : name_(path + ".weight"), weight_(source.Get(name_, {size})), eps_(eps) {}

at::Tensor RmsNorm::Forward(const at::Tensor& x) const {
  const int64_t size = weight_.size(0);
  if (UsesKernels(x, weight_) && x.is_contiguous() && size % kKernelLanes == 0) {
    at::Tensor out = at::empty_like(x);
    ForKernelType(x.scalar_type(), [&](auto type) {
      at::parallel_for(0, x.numel() / size, RowGrain(size), [&](int64_t begin, int64_t end) {
        RmsNormRows(Data(x, type) + begin * size, Data(weight_, type), static_cast<float>(eps_),
                    end - begin, size, MutableData(out, type) + begin * size);
      });
    });
    return out;
  }
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = wide.square().mean(-1, /*keepdim=*/true).add_(eps_).rsqrt_();
  return weight_ * (wide * scale).to(x.scalar_type());
}

void RmsNorm::VisitParameters(const ParameterVisitor& visitor) {
  visitor({name_, &weight_, 0, weight_.size(0)});
}

}  // namespace gre
