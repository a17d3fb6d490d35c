#include "model/layers/mlp.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/silu.h>

#include "model/layers/kernel_dispatch.h"

namespace gre {

SwiGluMlp::SwiGluMlp(WeightSource& source, const std::string& path, int64_t hidden,
                     int64_t intermediate, bool bias)
    : gate_up_(source, {{path + ".gate_proj", intermediate}, {path + ".up_proj", intermediate}},
               hidden, bias),
      down_(source, {{path + ".down_proj", hidden}}, intermediate, bias) {}

at::Tensor SwiGluMlp::Forward(const at::Tensor& x) const {
  const at::Tensor gate_up = gate_up_.Forward(x);  // [N, 2 * intermediate]
  const int64_t size = gate_up.size(-1) / 2;
  if (UsesKernels(gate_up) && gate_up.is_contiguous()) {
    at::Tensor product = at::empty({gate_up.size(0), size}, gate_up.options());
    ForKernelType(gate_up.scalar_type(), [&](auto type) {
      at::parallel_for(0, gate_up.size(0), RowGrain(size), [&](int64_t begin, int64_t end) {
        SiluMulRows(Data(gate_up, type) + begin * 2 * size, end - begin, size,
                    MutableData(product, type) + begin * size);
      });
    });
    return down_.Forward(product);
  }
  const auto halves = gate_up.chunk(2, -1);
  return down_.Forward(at::silu(halves[0]) * halves[1]);
}

void SwiGluMlp::VisitLinears(const LinearVisitor& visitor) {
  visitor(gate_up_);
  visitor(down_);
}

}  // namespace gre
