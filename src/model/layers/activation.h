#pragma once

#include <optional>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace gre {

// What stands between the two halves of an encoder's perceptron.
enum class Activation {
  kGelu,       // x Phi(x), exact (arXiv 1606.08415)
  kGeluTanh,   // its tanh approximation
  kQuickGelu,  // x sigmoid(1.702 x)
  kRelu,
};

// "gelu", "gelu_new" or "gelu_pytorch_tanh", "quick_gelu", "relu" as in config.json.
std::optional<Activation> ActivationFromName(std::string_view name);
at::Tensor Activate(const at::Tensor& x, Activation activation);

}  // namespace gre
