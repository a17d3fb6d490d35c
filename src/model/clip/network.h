#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/clip/config.h"
#include "model/layers/encoder_layer.h"
#include "model/layers/layer_norm.h"
#include "model/layers/linear.h"
#include "model/layers/weight_source.h"

namespace gre {

// CLIP's two towers and their projections into the common space. Const calls are thread-safe;
// LibTorch exceptions may leave them.
class ClipNetwork {
 public:
  ClipNetwork(WeightSource& source, const ClipConfig& config);

  // ids: [N] of sequences one after the other, each ending in the end token -> [sequences,
  // projection]: the projected state of the end token.
  [[nodiscard]] at::Tensor TextVectors(const at::Tensor& ids,
                                       std::span<const int64_t> lengths) const;
  // Normalised patches [B, patches, 3 * patch^2] -> [B, projection]: the projected state of the
  // class token.
  [[nodiscard]] at::Tensor ImageVectors(const at::Tensor& patches) const;

 private:
  at::Tensor words_;           // [vocab, text hidden]
  at::Tensor text_positions_;  // [max positions, text hidden]
  std::vector<EncoderLayer> text_layers_;
  LayerNorm text_norm_;

  at::Tensor class_token_;       // [vision hidden]
  at::Tensor patch_weight_;      // [vision hidden, 3, patch, patch]
  at::Tensor vision_positions_;  // [patches + 1, vision hidden]
  LayerNorm vision_pre_norm_;
  std::vector<EncoderLayer> vision_layers_;
  LayerNorm vision_post_norm_;

  Linear text_projection_, visual_projection_;
};

}  // namespace gre
