#include "model/bert/network.h"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>

#include "core/check.h"

namespace gre {

BertNetwork::BertNetwork(WeightSource& source, const BertConfig& config)
    : words_(source.Get("embeddings.word_embeddings.weight",
                        {config.vocab_size, config.layer.hidden_size})),
      positions_(source.Get("embeddings.position_embeddings.weight",
                            {config.max_positions, config.layer.hidden_size})),
      types_(source.Get("embeddings.token_type_embeddings.weight",
                        {config.type_vocab_size, config.layer.hidden_size})),
      norm_(source, "embeddings.LayerNorm", config.layer.hidden_size, config.layer.norm_eps) {
  for (int64_t i = 0; i < config.num_layers; ++i) {
    const std::string path = "encoder.layer." + std::to_string(i) + ".";
    layers_.emplace_back(
        source, config.layer,
        EncoderLayerPaths{path + "attention.self.query", path + "attention.self.key",
                          path + "attention.self.value", path + "attention.output.dense",
                          path + "attention.output.LayerNorm", path + "intermediate.dense",
                          path + "output.dense", path + "output.LayerNorm"});
  }
}

at::Tensor BertNetwork::Forward(const at::Tensor& ids, std::span<const int64_t> lengths,
                                int64_t layer) const {
  GRE_CHECK(layer >= 0 && layer <= num_layers());
  std::vector<at::Tensor> positions;
  positions.reserve(lengths.size());
  for (const int64_t length : lengths) positions.push_back(positions_.narrow(0, 0, length));
  at::Tensor x =
      norm_.Forward(at::embedding(words_, ids) + types_.select(0, 0) + at::cat(positions));
  const size_t count = layer == 0 ? layers_.size() : static_cast<size_t>(layer);
  for (size_t i = 0; i < count; ++i) x = layers_[i].Forward(x, lengths, /*causal=*/false);
  return x;
}

}  // namespace gre
