#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"

namespace gre {

// down(silu(gate(x)) * up(x)) (SwiGLU, arXiv 2002.05202).
class SwiGluMlp {
 public:
  SwiGluMlp() = default;
  // Takes "<path>.{gate,up,down}_proj".
  SwiGluMlp(WeightSource& source, const std::string& path, int64_t hidden, int64_t intermediate,
            bool bias);

  [[nodiscard]] at::Tensor Forward(const at::Tensor& x) const;
  void VisitLinears(const LinearVisitor& visitor);

 private:
  Linear gate_up_, down_;
};

}  // namespace gre
