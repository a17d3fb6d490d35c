#include "model/layers/encoder_layer.h"

#include <ATen/TensorOperators.h>

#include "model/layers/attention.h"

namespace gre {

EncoderLayer::EncoderLayer(WeightSource& source, const EncoderLayerConfig& config,
                           const EncoderLayerPaths& paths)
    : num_heads_(config.num_heads),
      activation_(config.activation),
      norm_first_(config.norm_first),
      qkv_(source,
           {{paths.query, config.hidden_size},
            {paths.key, config.hidden_size},
            {paths.value, config.hidden_size}},
           config.hidden_size, /*bias=*/true),
      output_(source, {{paths.output, config.hidden_size}}, config.hidden_size, /*bias=*/true),
      up_(source, {{paths.up, config.intermediate_size}}, config.hidden_size, /*bias=*/true),
      down_(source, {{paths.down, config.hidden_size}}, config.intermediate_size, /*bias=*/true),
      attention_norm_(source, paths.attention_norm, config.hidden_size, config.norm_eps),
      mlp_norm_(source, paths.mlp_norm, config.hidden_size, config.norm_eps) {}

at::Tensor EncoderLayer::Attend(const at::Tensor& x, std::span<const int64_t> lengths,
                                bool causal) const {
  const at::Tensor qkv = qkv_.Forward(x).unflatten(-1, {3 * num_heads_, -1});  // [N, 3 H, D]
  const at::Tensor attended =
      BlockAttention(qkv.narrow(1, 0, num_heads_), qkv.narrow(1, num_heads_, num_heads_),
                     qkv.narrow(1, 2 * num_heads_, num_heads_), lengths, causal);
  return output_.Forward(attended.flatten(1));
}

at::Tensor EncoderLayer::Mlp(const at::Tensor& x) const {
  return down_.Forward(Activate(up_.Forward(x), activation_));
}

at::Tensor EncoderLayer::Forward(const at::Tensor& x, std::span<const int64_t> lengths,
                                 bool causal) const {
  if (norm_first_) {
    const at::Tensor middle = x + Attend(attention_norm_.Forward(x), lengths, causal);
    return middle + Mlp(mlp_norm_.Forward(middle));
  }
  const at::Tensor middle = attention_norm_.Forward(x + Attend(x, lengths, causal));
  return mlp_norm_.Forward(middle + Mlp(middle));
}

}  // namespace gre
