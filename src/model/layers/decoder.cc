#include "model/layers/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace gre {

DecoderLayer::DecoderLayer(WeightSource& source, const DecoderConfig& config,
                           const std::string& path)
    : num_heads_(config.num_heads),
      num_kv_heads_(config.num_kv_heads),
      head_dim_(config.head_dim),
      input_norm_(source, path + ".input_layernorm", config.hidden_size, config.rms_norm_eps),
      post_attention_norm_(source, path + ".post_attention_layernorm", config.hidden_size,
                           config.rms_norm_eps),
      qkv_(source,
           {{path + ".self_attn.q_proj", config.num_heads * config.head_dim},
            {path + ".self_attn.k_proj", config.num_kv_heads * config.head_dim},
            {path + ".self_attn.v_proj", config.num_kv_heads * config.head_dim}},
           config.hidden_size, config.qkv_bias),
      output_(source, {{path + ".self_attn.o_proj", config.hidden_size}},
              config.num_heads * config.head_dim, /*bias=*/false),
      mlp_(source, path + ".mlp", config.hidden_size, config.intermediate_size, /*bias=*/false) {}

at::Tensor DecoderLayer::Forward(const at::Tensor& h, const Rotary::Table& table,
                                 const AttentionStep& step, int64_t index,
                                 const at::Tensor& rows) const {
  const at::Tensor qkv = qkv_.Forward(input_norm_.Forward(h))
                             .unflatten(-1, {num_heads_ + 2 * num_kv_heads_, head_dim_});
  const int64_t turned_heads = num_heads_ + num_kv_heads_;
  const at::Tensor turned = Rotary::Apply(qkv.narrow(1, 0, turned_heads), table);
  at::Tensor attended =
      SegmentAttention(turned.narrow(1, 0, num_heads_), turned.narrow(1, num_heads_, num_kv_heads_),
                       qkv.narrow(1, turned_heads, num_kv_heads_), step, index)
          .flatten(1);
  at::Tensor residual = h;
  if (rows.defined()) {
    attended = attended.index_select(0, rows);
    residual = h.index_select(0, rows);
    if (rows.size(0) == 0) return residual;
  }
  const auto [middle, normed] =
      post_attention_norm_.ForwardSum(residual, output_.Forward(attended));
  return middle + mlp_.Forward(normed);
}

void DecoderLayer::VisitLinears(const LinearVisitor& visitor) {
  visitor(qkv_);
  visitor(output_);
  mlp_.VisitLinears(visitor);
}

void DecoderLayer::VisitParameters(const ParameterVisitor& visitor) {
  input_norm_.VisitParameters(visitor);
  VisitLinears([&](Linear& linear) { linear.VisitParameters(visitor); });
  post_attention_norm_.VisitParameters(visitor);
}

Decoder::Decoder(WeightSource& source, const DecoderConfig& config, const std::string& path,
                 at::Device device)
    : rotary_(config.head_dim, config.rope_theta, config.rope_sections, device) {
  for (int64_t i = 0; i < config.num_layers; ++i) {
    layers_.emplace_back(source, config, path + ".layers." + std::to_string(i));
  }
  norm_ = RmsNorm(source, path + ".norm", config.hidden_size, config.rms_norm_eps);
}

at::Tensor Decoder::Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                            std::span<const AttentionSegment> segments,
                            const ForwardOptions& options) const {
  const Rotary::Table table = rotary_.MakeTable(positions);
  const AttentionStep step(segments, embeddings.options());
  at::Tensor rows;
  if (options.rows && static_cast<int64_t>(options.rows->size()) != embeddings.size(0)) {
    rows = at::tensor(*options.rows, at::kLong).to(embeddings.device());
  }
  at::Tensor h = embeddings;
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (options.cancellation != nullptr && options.cancellation->IsCancelled()) return {};
    const bool last = i + 1 == layers_.size();
    h = layers_[i].Forward(h, table, step, static_cast<int64_t>(i), last ? rows : at::Tensor());
  }
  AdvanceCaches(segments);
  return norm_.Forward(h);
}

void Decoder::VisitLinears(const LinearVisitor& visitor) {
  for (DecoderLayer& layer : layers_) layer.VisitLinears(visitor);
}

void Decoder::VisitParameters(const ParameterVisitor& visitor) {
  for (DecoderLayer& layer : layers_) layer.VisitParameters(visitor);
  norm_.VisitParameters(visitor);
}

}  // namespace gre
