#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/gre_nano/nano_network.h"
#include "training/adamw.h"
#include "training/feature_cache.h"
#include "training/nano_examples.h"
#include "training/sft_config.h"

namespace gre {

// Logits of the text positions when `tokens` [B, R, hidden] (image) stand before `inputs` [B, T]:
// [B, T, vocab]. `dropout` is that of the decoder's input.
at::Tensor TextLogits(const NanoNetwork& network, const at::Tensor& image_tokens,
                      const at::Tensor& inputs, double dropout = 0);

// The pictures that an epoch sees: each photo once, a travel photo `travel_repeats` times, and
// another view each time round. In the records' order.
std::vector<FeatureCache::View> EpochViews(std::span<const PhotoRecord> records, int travel_repeats,
                                           int64_t views, int64_t epoch);

// The chosen part of a network as an optimiser takes it; the tower learns `tower_scale` times as
// fast as the rest.
std::vector<TrainedParameter> CollectParameters(NanoNetwork& network, NanoNetwork::Part part,
                                                double tower_scale);

// One optimiser step at a time over the chosen part of a network.
// Dropout is seeded by (seed, step), so that a resumed run continues bit for bit.
class NanoTrainer {
 public:
  NanoTrainer(NanoNetwork& network, NanoNetwork::Part part, const SftConfig::Optimiser& options,
              uint64_t seed);

  struct Losses {
    double text = 0;       // weighted mean over the labelled tokens
    double auxiliary = 0;  // of the country head
    double gradient_norm = 0;
  };
  // What the text reads of photos in the next step, dropout applied. `tower` carries its graph
  // where the tower learns.
  [[nodiscard]] ImageFeatures Project(const TowerFeatures& tower) const;
  // A country class for each photo, drawn from the belief that its hint carries.
  [[nodiscard]] std::vector<int64_t> DrawCountries(const ImageFeatures& image) const;
  // `image` is what Project has made since the last step.
  Losses Step(const ImageFeatures& image, const TextBatch& batch, double learning_rate);

  [[nodiscard]] AdamW& optimiser() { return optimiser_; }

 private:
  NanoNetwork* network_;
  SftConfig::Optimiser options_;
  uint64_t seed_;
  AdamW optimiser_;
};

// What the greedy answers for some photos say.
struct GreedyCountries {
  std::vector<int32_t> tokens;     // country token met, or -1
  std::vector<int64_t> auxiliary;  // arg max of the country head
};
// Decodes greedily up to the line that names the country. `countries` are the tokens of such lines.
GreedyCountries DecodeCountries(const NanoNetwork& network, const ImageFeatures& image,
                                const std::map<int32_t, std::string>& countries);

}  // namespace gre
