#include "model/layers/mlp.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/silu.h>

namespace gre {

SwiGluMlp::SwiGluMlp(WeightSource& source, const std::string& path, int64_t hidden,
                     int64_t intermediate, bool bias)
    : gate_up_(source, {{path + ".gate_proj", intermediate}, {path + ".up_proj", intermediate}},
               hidden, bias),
      down_(source, {{path + ".down_proj", hidden}}, intermediate, bias) {}

at::Tensor SwiGluMlp::Forward(const at::Tensor& x) const {
  const auto halves = gate_up_.Forward(x).chunk(2, -1);
  return down_.Forward(at::silu(halves[0]) * halves[1]);
}

void SwiGluMlp::VisitLinears(const LinearVisitor& visitor) {
  visitor(gate_up_);
  visitor(down_);
}

}  // namespace gre
