#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/activation.h"
#include "model/layers/layer_norm.h"
#include "model/layers/linear.h"

namespace gre {

struct EncoderLayerConfig {
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_heads = 0;  // divides hidden_size
  double norm_eps = 1e-12;
  Activation activation = Activation::kGelu;
  bool norm_first = false;  // as in CLIP; else the norms stand behind the sums, as in BERT
};

// Module paths in the checkpoint.
struct EncoderLayerPaths {
  std::string query, key, value, output, attention_norm;
  std::string up, down, mlp_norm;
};

// A transformer layer without rotary positions and with biases everywhere (arXiv 1706.03762):
// attention and a two-layer perceptron, each added to its input. Const calls are thread-safe.
class EncoderLayer {
 public:
  EncoderLayer(WeightSource& source, const EncoderLayerConfig& config,
               const EncoderLayerPaths& paths);

  // x: [N, hidden]; `lengths` are the rows of the sequences, which attend each to itself.
  [[nodiscard]] at::Tensor Forward(const at::Tensor& x, std::span<const int64_t> lengths,
                                   bool causal) const;

 private:
  [[nodiscard]] at::Tensor Attend(const at::Tensor& x, std::span<const int64_t> lengths,
                                  bool causal) const;
  [[nodiscard]] at::Tensor Mlp(const at::Tensor& x) const;

  int64_t num_heads_;
  Activation activation_;
  bool norm_first_;
  Linear qkv_, output_, up_, down_;
  LayerNorm attention_norm_, mlp_norm_;
};

}  // namespace gre
