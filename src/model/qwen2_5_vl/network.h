#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <ATen/core/Tensor.h>

#include "model/layers/decoder.h"
#include "model/layers/linear.h"
#include "model/layers/weight_source.h"
#include "model/qwen2_5_vl/config.h"
#include "model/qwen2_5_vl/vision_tower.h"

namespace gre {

// The neural network without tokenizer and files: vision tower, embeddings, decoder, head.
class Qwen25VlNetwork {
 public:
  // `tied`: the head shares the embedding's matrix.
  Qwen25VlNetwork(WeightSource& source, const Qwen25VlConfig& config, bool tied, at::Device device);

  at::Tensor Embed(std::span<const int32_t> token_ids,
                   std::span<const at::Tensor> image_features) const;
  at::Tensor Logits(const at::Tensor& states) const;

  [[nodiscard]] const Qwen25VisionTower& vision() const { return vision_; }
  [[nodiscard]] const Decoder& decoder() const { return decoder_; }
  void VisitLinears(const LinearVisitor& visitor);
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  int32_t image_token_id_ = 0;
  at::Device device_;
  bool tied_ = false;
  Qwen25VisionTower vision_;
  at::Tensor embeddings_;  // [vocab, hidden]
  Decoder decoder_;
  std::optional<Linear> head_;  // absent: tied and unpacked, the embeddings serve as head
};

}  // namespace gre
