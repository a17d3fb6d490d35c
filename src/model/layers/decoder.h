#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/attention.h"
#include "model/layers/decoder_config.h"
#include "model/layers/forward_options.h"
#include "model/layers/linear.h"
#include "model/layers/mlp.h"
#include "model/layers/rms_norm.h"
#include "model/layers/rotary.h"

namespace gre {

// h += o(attention(norm(h))); h += mlp(norm(h)).
class DecoderLayer {
 public:
  // Takes the tensors below `path`, e.g. "model.layers.0".
  DecoderLayer(WeightSource& source, const DecoderConfig& config, const std::string& path);

  // h: [N, hidden] -> [N, hidden]; of `rows`, if defined, those only. `index`: this layer's place
  // in the caches.
  [[nodiscard]] at::Tensor Forward(const at::Tensor& h, const Rotary::Table& table,
                                   const AttentionStep& step, int64_t index,
                                   const at::Tensor& rows = {}) const;
  void VisitLinears(const LinearVisitor& visitor);
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  int64_t num_heads_ = 0, num_kv_heads_ = 0, head_dim_ = 0;
  RmsNorm input_norm_, post_attention_norm_;
  Linear qkv_, output_;
  SwiGluMlp mlp_;
};

// The stack of layers with its final norm. Const calls are thread-safe while nobody changes weights
// or adapters.
class Decoder {
 public:
  // Takes "<path>.layers.N.*" and "<path>.norm.weight".
  Decoder(WeightSource& source, const DecoderConfig& config, const std::string& path,
          at::Device device);

  // See VisionLanguageModel::Forward.
  at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                     std::span<const AttentionSegment> segments,
                     const ForwardOptions& options = {}) const;

  // The pieces of Forward, for layer-wise backward passes and tests.
  [[nodiscard]] const Rotary& rotary() const { return rotary_; }
  [[nodiscard]] const std::vector<DecoderLayer>& layers() const { return layers_; }
  [[nodiscard]] const RmsNorm& norm() const { return norm_; }

  void VisitLinears(const LinearVisitor& visitor);
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  Rotary rotary_;
  std::vector<DecoderLayer> layers_;
  RmsNorm norm_;
};

}  // namespace gre
