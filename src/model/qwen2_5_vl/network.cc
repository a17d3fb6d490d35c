#include "model/qwen2_5_vl/network.h"

#include <string>
#include <vector>

#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>

#include "model/layers/image_rows.h"

namespace gre {
namespace {

constexpr char kEmbeddings[] = "model.embed_tokens.weight";

}  // namespace

Qwen25VlNetwork::Qwen25VlNetwork(WeightSource& source, const Qwen25VlConfig& config, bool tied,
                                 at::Device device)
    : image_token_id_(config.image_token_id),
      device_(device),
      tied_(tied),
      vision_(source, config.vision, device),
      embeddings_(source.Get(kEmbeddings, {config.vocab_size, config.text.hidden_size})),
      decoder_(source, config.text, "model", device) {
  // A packed head is a form of its own, beside the embeddings' rows that stay in the mapped file.
  if (!tied) {
    head_.emplace(source, std::vector<Linear::Projection>{{"lm_head", config.vocab_size}},
                  config.text.hidden_size, /*bias=*/false);
  } else if (source.packs()) {
    head_.emplace(source,
                  std::vector<Linear::Projection>{{"model.embed_tokens", config.vocab_size}},
                  config.text.hidden_size, /*bias=*/false);
  }
}

at::Tensor Qwen25VlNetwork::Embed(std::span<const int32_t> token_ids,
                                  std::span<const at::Tensor> image_features) const {
  const at::Tensor ids =
      at::tensor(at::ArrayRef<int32_t>(token_ids.data(), token_ids.size()), at::kLong).to(device_);
  return PutImageRows(at::embedding(embeddings_, ids), ids, image_token_id_, image_features);
}

at::Tensor Qwen25VlNetwork::Logits(const at::Tensor& states) const {
  const at::Tensor logits = head_ ? head_->Forward(states) : at::linear(states, embeddings_);
  return logits.to(at::kFloat);
}

void Qwen25VlNetwork::VisitLinears(const LinearVisitor& visitor) {
  vision_.VisitLinears(visitor);
  decoder_.VisitLinears(visitor);
  if (!tied_) visitor(*head_);
}

void Qwen25VlNetwork::VisitParameters(const ParameterVisitor& visitor) {
  vision_.VisitParameters(visitor);
  visitor({kEmbeddings, &embeddings_, 0, embeddings_.size(0)});
  decoder_.VisitParameters(visitor);
  if (head_) head_->VisitParameters(visitor);
}

}  // namespace gre
