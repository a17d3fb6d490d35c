#include "model/layers/layer_norm.h"

#include <ATen/ops/layer_norm.h>

namespace gre {

LayerNorm::LayerNorm(WeightSource& source, const std::string& path, int64_t size, double eps)
    : weight_(source.Get(path + ".weight", {size})),
      bias_(source.Get(path + ".bias", {size})),
      eps_(eps) {}

at::Tensor LayerNorm::Forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, eps_);
}

}  // namespace gre
