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
  if (UsesKernels(x, weight_) && x.is_contiguous()) {
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

std::pair<at::Tensor, at::Tensor> RmsNorm::ForwardSum(const at::Tensor& x,
                                                      const at::Tensor& y) const {
  if (!UsesKernels(x, weight_) || !UsesKernels(y, weight_) || !x.is_contiguous() ||
      !y.is_contiguous()) {
    const at::Tensor sum = x + y;
    return {sum, Forward(sum)};
  }
  const int64_t size = weight_.size(0);
  at::Tensor sum = at::empty_like(x);
  at::Tensor out = at::empty_like(x);
  ForKernelType(x.scalar_type(), [&](auto type) {
    at::parallel_for(0, x.numel() / size, RowGrain(size), [&](int64_t begin, int64_t end) {
      const int64_t offset = begin * size;
      AddRmsNormRows(Data(x, type) + offset, Data(y, type) + offset, Data(weight_, type),
                     static_cast<float>(eps_), end - begin, size, MutableData(sum, type) + offset,
                     MutableData(out, type) + offset);
    });
  });
  return {sum, out};
}

void RmsNorm::VisitParameters(const ParameterVisitor& visitor) {
  visitor({name_, &weight_, 0, weight_.size(0)});
}

}  // namespace gre
