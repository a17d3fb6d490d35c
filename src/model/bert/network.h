#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/bert/config.h"
#include "model/layers/encoder_layer.h"
#include "model/layers/layer_norm.h"
#include "model/layers/weight_source.h"

namespace gre {

// BERT's encoder without its pooler and heads. Const calls are thread-safe; LibTorch exceptions may
// leave them.
class BertNetwork {
 public:
  BertNetwork(WeightSource& source, const BertConfig& config);

  // ids: [N] of sequences one after the other, `lengths` of them; all of segment 0. Gives the
  // states after `layer` layers (0 = after the last): [N, hidden].
  [[nodiscard]] at::Tensor Forward(const at::Tensor& ids, std::span<const int64_t> lengths,
                                   int64_t layer = 0) const;
  [[nodiscard]] int64_t num_layers() const { return static_cast<int64_t>(layers_.size()); }

 private:
  at::Tensor words_;      // [vocab, hidden]
  at::Tensor positions_;  // [max positions, hidden]
  at::Tensor types_;      // [type vocab, hidden]
  LayerNorm norm_;
  std::vector<EncoderLayer> layers_;
};

}  // namespace gre
