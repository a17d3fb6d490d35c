#include "model/qwen2_5_vl/network.h"

#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>

namespace gre {
namespace {

constexpr char kEmbeddings[] = "model.embed_tokens.weight";

}  // namespace

Qwen25VlNetwork::Qwen25VlNetwork(WeightSource& source, const Qwen25VlConfig& config, bool tied,
                                 at::Device device)
    : image_token_id_(config.image_token_id),
      device_(device),
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
  const at::Tensor rows = at::embedding(embeddings_, ids);  // [T, hidden]
  if (image_features.empty()) return rows;
  const at::Tensor features =
      at::cat(at::TensorList(image_features.data(), image_features.size())).to(rows.scalar_type());
  const at::Tensor places = (ids == image_token_id_).nonzero().flatten();
  TORCH_CHECK_VALUE(places.size(0) == features.size(0), "the prompt has ", places.size(0),
                    " image placeholders, the images have ", features.size(0), " feature rows");
  return rows.index_copy(0, places, features);
}

at::Tensor Qwen25VlNetwork::Logits(const at::Tensor& states) const {
  const at::Tensor logits = head_ ? head_->Forward(states) : at::linear(states, embeddings_);
  return logits.to(at::kFloat);
}

void Qwen25VlNetwork::VisitLinears(const LinearVisitor& visitor) {
  vision_.VisitLinears(visitor);
  decoder_.VisitLinears(visitor);
}

void Qwen25VlNetwork::VisitParameters(const ParameterVisitor& visitor) {
  vision_.VisitParameters(visitor);
  visitor({kEmbeddings, &embeddings_, 0, embeddings_.size(0)});
  decoder_.VisitParameters(visitor);
  if (head_) head_->VisitParameters(visitor);
}

}  // namespace gre
