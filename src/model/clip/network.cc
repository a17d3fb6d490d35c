#include "model/clip/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>

namespace gre {
namespace {

std::vector<EncoderLayer> MakeLayers(WeightSource& source, const EncoderLayerConfig& config,
                                     const std::string& tower, int64_t count) {
  std::vector<EncoderLayer> layers;
  for (int64_t i = 0; i < count; ++i) {
    const std::string path = tower + ".encoder.layers." + std::to_string(i) + ".";
    layers.emplace_back(source, config,
                        EncoderLayerPaths{path + "self_attn.q_proj", path + "self_attn.k_proj",
                                          path + "self_attn.v_proj", path + "self_attn.out_proj",
                                          path + "layer_norm1", path + "mlp.fc1", path + "mlp.fc2",
                                          path + "layer_norm2"});
  }
  return layers;
}

}  // namespace

ClipNetwork::ClipNetwork(WeightSource& source, const ClipConfig& config) {
  const ClipTextConfig& text = config.text;
  const int64_t text_width = text.layer.hidden_size;
  words_ =
      source.Get("text_model.embeddings.token_embedding.weight", {text.vocab_size, text_width});
  text_positions_ = source.Get("text_model.embeddings.position_embedding.weight",
                               {text.max_positions, text_width});
  text_layers_ = MakeLayers(source, text.layer, "text_model", text.num_layers);
  text_norm_ = LayerNorm(source, "text_model.final_layer_norm", text_width, text.layer.norm_eps);

  const ClipVisionConfig& vision = config.vision;
  const int64_t width = vision.layer.hidden_size;
  class_token_ = source.Get("vision_model.embeddings.class_embedding", {width});
  patch_weight_ = source.Get("vision_model.embeddings.patch_embedding.weight",
                             {width, 3, vision.patch_size, vision.patch_size});
  vision_positions_ = source.Get("vision_model.embeddings.position_embedding.weight",
                                 {vision.num_patches() + 1, width});
  // spelled so in every published checkpoint
  vision_pre_norm_ = LayerNorm(source, "vision_model.pre_layrnorm", width, vision.layer.norm_eps);
  vision_layers_ = MakeLayers(source, vision.layer, "vision_model", vision.num_layers);
  vision_post_norm_ =
      LayerNorm(source, "vision_model.post_layernorm", width, vision.layer.norm_eps);

  text_projection_ =
      Linear(source, {{"text_projection", config.projection_size}}, text_width, /*bias=*/false);
  visual_projection_ =
      Linear(source, {{"visual_projection", config.projection_size}}, width, /*bias=*/false);
}

at::Tensor ClipNetwork::TextVectors(const at::Tensor& ids, std::span<const int64_t> lengths) const {
  std::vector<at::Tensor> positions;
  std::vector<int64_t> ends;
  int64_t end = 0;
  for (const int64_t length : lengths) {
    positions.push_back(text_positions_.narrow(0, 0, length));
    end += length;
    ends.push_back(end - 1);
  }
  at::Tensor x = at::embedding(words_, ids) + at::cat(positions);
  for (const EncoderLayer& layer : text_layers_) x = layer.Forward(x, lengths, /*causal=*/true);
  const at::Tensor last = x.index_select(0, at::tensor(ends, at::kLong).to(x.device()));
  return text_projection_.Forward(text_norm_.Forward(last));
}

at::Tensor ClipNetwork::ImageVectors(const at::Tensor& patches) const {
  const int64_t batch = patches.size(0);
  const at::Tensor embedded = at::linear(patches, patch_weight_.flatten(1));  // [B, P, width]
  const at::Tensor tokens =
      at::cat({class_token_.expand({batch, 1, -1}), embedded}, 1) + vision_positions_;
  at::Tensor x = vision_pre_norm_.Forward(tokens.flatten(0, 1));  // [B * (P + 1), width]
  const std::vector<int64_t> lengths(static_cast<size_t>(batch), tokens.size(1));
  for (const EncoderLayer& layer : vision_layers_) x = layer.Forward(x, lengths, /*causal=*/false);
  const at::Tensor first = x.unflatten(0, {batch, tokens.size(1)}).select(1, 0);
  return visual_projection_.Forward(vision_post_norm_.Forward(first));
}

}  // namespace gre
