#pragma once

#include <algorithm>
#include <cstdint>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include "kernels/bfloat16.h"
#include "kernels/decoder_kernels.h"

namespace gre {

// Whether the CPU kernels, which record no gradients, may take the place of LibTorch's operators.
// `x` is their input; `weight` (may be undefined) another operand that might be trained.
inline bool UsesKernels(const at::Tensor& x, const at::Tensor& weight = {}) {
  const bool differentiates = at::GradMode::is_enabled() &&
                              (x.requires_grad() || (weight.defined() && weight.requires_grad()));
  return x.is_cpu() && !differentiates &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         (!weight.defined() || weight.scalar_type() == x.scalar_type());
}

inline const float* Data(const at::Tensor& tensor, float /*type*/) {
  return tensor.const_data_ptr<float>();
}
inline const BFloat16* Data(const at::Tensor& tensor, BFloat16 /*type*/) {
  return reinterpret_cast<const BFloat16*>(tensor.const_data_ptr<at::BFloat16>());
}
inline float* MutableData(const at::Tensor& tensor, float /*type*/) {
  return tensor.mutable_data_ptr<float>();
}
inline BFloat16* MutableData(const at::Tensor& tensor, BFloat16 /*type*/) {
  return reinterpret_cast<BFloat16*>(tensor.mutable_data_ptr<at::BFloat16>());
}

// Calls function(float()) or function(BFloat16()) after the dtype, one of the two.
template <typename Function>
void ForKernelType(at::ScalarType dtype, const Function& function) {
  if (dtype == at::kFloat) {
    function(float());
  } else {
    function(BFloat16());
  }
}

// Rows of `width` values that one thread should take at least.
inline int64_t RowGrain(int64_t width) { return std::max<int64_t>(1, 32768 / width); }

}  // namespace gre
