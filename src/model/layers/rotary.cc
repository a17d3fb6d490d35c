#include "model/layers/rotary.h"

#include <numeric>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/tensor.h>

#include "core/check.h"
#include "model/layers/kernel_dispatch.h"

namespace gre {

at::Tensor Rotary::Frequencies(int64_t head_dim, double theta, at::Device device) {
  // The same float32 steps as the reference, so that the table is equal to the last bit.
  const at::Tensor exponent =
      at::arange(0, head_dim, 2, at::kFloat).div_(static_cast<double>(head_dim));
  return at::pow(theta, exponent).reciprocal_().to(device);
}

Rotary::Rotary(int64_t head_dim, double theta, std::vector<int64_t> sections, at::Device device)
    : frequencies_(Frequencies(head_dim, theta, device)) {
  GRE_CHECK(std::accumulate(sections.begin(), sections.end(), int64_t{0}) == head_dim / 2);
  std::vector<int64_t> axis;
  for (size_t i = 0; i < sections.size(); ++i) {
    axis.insert(axis.end(), static_cast<size_t>(sections[i]), static_cast<int64_t>(i));
  }
  axis_ = at::tensor(axis, at::kLong).to(device);
}

Rotary::Table Rotary::MakeTable(const at::Tensor& positions) const {
  const at::Tensor chosen = positions.to(at::kFloat).index_select(0, axis_);  // [D/2, N]
  const at::Tensor angles = chosen.t() * frequencies_;                        // [N, D/2]
  return {angles.cos(), angles.sin()};
}

at::Tensor Rotary::Apply(const at::Tensor& x, const Table& table) {
  const int64_t half = x.size(2) / 2;
  const bool heads_together = x.stride(2) == 1 && x.stride(1) == 2 * half;
  if (UsesKernels(x) && heads_together && table.cos.is_contiguous() && table.sin.is_contiguous()) {
    at::Tensor out = at::empty(x.sizes(), x.options());
    const int64_t width = x.size(1) * 2 * half;
    ForKernelType(x.scalar_type(), [&](auto type) {
      at::parallel_for(0, x.size(0), RowGrain(width), [&](int64_t begin, int64_t end) {
        RotateRows(Data(x, type) + begin * x.stride(0), x.stride(0),
                   table.cos.const_data_ptr<float>() + begin * half,
                   table.sin.const_data_ptr<float>() + begin * half, end - begin, x.size(1), half,
                   MutableData(out, type) + begin * width);
      });
    });
    return out;
  }
  const auto halves = x.to(at::kFloat).chunk(2, -1);  // 2 x [N, H, D/2]
  const at::Tensor cos = table.cos.unsqueeze(1);
  const at::Tensor sin = table.sin.unsqueeze(1);
  return at::cat({halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin}, -1)
      .to(x.scalar_type());
}

}  // namespace gre
