#include "training/nano_trainer.h"

#include <algorithm>
#include <cmath>
#include <list>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/full.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/tensor.h>

#include "core/random.h"
#include "model/layers/kv_cache.h"

namespace gre {
namespace {

constexpr int64_t kMaxChainTokens = 16;  // before the country's line, more than any chain has

std::vector<AttentionSegment> Sequences(int64_t count, int64_t rows) {
  std::vector<AttentionSegment> segments;
  for (int64_t i = 0; i < count; ++i) {
    segments.push_back({AttentionSegment::Kind::kSequence, i * rows, rows, nullptr, {}});
  }
  return segments;
}

}  // namespace

std::vector<FeatureCache::View> EpochViews(std::span<const PhotoRecord> records, int travel_repeats,
                                           int64_t views, int64_t epoch) {
  std::vector<FeatureCache::View> order;
  for (size_t i = 0; i < records.size(); ++i) {
    const int64_t repeats = records[i].kind == PhotoKind::kTravel ? travel_repeats : 1;
    for (int64_t r = 0; r < repeats; ++r) {
      const int64_t turn = epoch * repeats + r + static_cast<int64_t>(i);
      order.push_back({static_cast<int64_t>(i), turn % views});
    }
  }
  return order;
}

std::vector<TrainedParameter> CollectParameters(NanoNetwork& network, NanoNetwork::Part part,
                                                double tower_scale) {
  std::vector<TrainedParameter> parameters;
  network.VisitParameters(part, [&](const ParameterSlice& slice) {
    if (slice.begin == 0) {  // stacked projections are one parameter
      const bool tower = slice.name.starts_with("tower.");
      parameters.push_back({slice.name, *slice.parameter, tower ? tower_scale : 1.0, {}, {}, {}});
    }
  });
  return parameters;
}

at::Tensor TextLogits(const NanoNetwork& network, const at::Tensor& image_tokens,
                      const at::Tensor& inputs, double dropout) {
  const int64_t batch = inputs.size(0);
  const int64_t prefix = image_tokens.size(1);
  const int64_t text = inputs.size(1);
  const int64_t rows = prefix + text;
  const at::Tensor embedded =
      network.EmbedTokens(inputs.flatten()).view({batch, text, image_tokens.size(2)});
  at::Tensor x = at::cat({image_tokens, embedded}, 1).flatten(0, 1);
  if (dropout > 0) {
    x = at::dropout(x, dropout, /*train=*/true);
  }
  // The text stands behind the image tokens even where there are none.
  const int64_t text_position = network.config().image_tokens();
  const at::Tensor positions = at::arange(text_position - prefix, text_position + text, at::kLong)
                                   .repeat({batch})
                                   .unsqueeze(0);
  const at::Tensor states = network.decoder().Forward(x, positions, Sequences(batch, rows));
  const at::Tensor text_states = states.unflatten(0, {batch, rows}).narrow(1, prefix, text);
  return network.Logits(text_states.flatten(0, 1)).unflatten(0, {batch, text});
}

NanoTrainer::NanoTrainer(NanoNetwork& network, NanoNetwork::Part part,
                         const SftConfig::Optimiser& options, uint64_t seed)
    : network_(&network),
      options_(options),
      seed_(seed),
      optimiser_(
          options.adamw,
          CollectParameters(network, part, options.tower_learning_rate / options.learning_rate)) {}

ImageFeatures NanoTrainer::Project(const TowerFeatures& tower) const {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  generator.set_current_seed(HashSeed(seed_, static_cast<uint64_t>(optimiser_.steps())));
  return network_->Project(tower, options_.dropout);
}

std::vector<int64_t> NanoTrainer::DrawCountries(const ImageFeatures& image) const {
  const at::NoGradGuard no_grad;
  const at::Tensor drawn = at::multinomial(network_->Belief(image.country_logits), 1).flatten();
  const auto* values = drawn.const_data_ptr<int64_t>();
  return {values, values + drawn.numel()};
}

NanoTrainer::Losses NanoTrainer::Step(const ImageFeatures& image, const TextBatch& batch,
                                      double learning_rate) {
  const at::Tensor logits =
      TextLogits(*network_, image.tokens, batch.inputs, options_.token_dropout);
  const at::Tensor per_token = at::cross_entropy_loss(logits.flatten(0, 1), batch.targets.flatten(),
                                                      {}, at::Reduction::None, kIgnoredTarget);
  const at::Tensor text = (per_token * batch.weights.flatten()).sum() / batch.weights.sum();
  const at::Tensor auxiliary =
      at::cross_entropy_loss(image.country_logits, batch.countries, {}, at::Reduction::Mean,
                             kIgnoredTarget, options_.label_smoothing);
  (text + auxiliary * options_.auxiliary_weight).backward();
  Losses losses{text.item<double>(), auxiliary.item<double>(), 0};
  losses.gradient_norm = optimiser_.Step(learning_rate);
  return losses;
}

GreedyCountries DecodeCountries(const NanoNetwork& network, const ImageFeatures& image,
                                const std::map<int32_t, std::string>& countries) {
  const at::NoGradGuard no_grad;
  const int64_t batch = image.tokens.size(0);
  const int64_t rows = image.tokens.size(1) + 1;
  const NanoConfig& config = network.config();

  std::list<KvCache> caches;
  std::vector<AttentionSegment> prompts, steps;
  for (int64_t i = 0; i < batch; ++i) {
    const KvCache::Shape shape = {
        config.num_layers, config.num_kv_heads, config.head_dim(), rows, 1, kMaxChainTokens};
    caches.emplace_back(shape, at::kFloat, at::kCPU);
    prompts.push_back({AttentionSegment::Kind::kSequence, i * rows, rows, &caches.back(), {}});
    steps.push_back({AttentionSegment::Kind::kDecode, i, 1, &caches.back(), {0}});
  }
  at::Tensor ids = at::full({batch}, config.begin_token_id, at::kLong);
  const at::Tensor prompt =
      at::cat({image.tokens, network.EmbedTokens(ids).unsqueeze(1)}, 1).flatten(0, 1);
  const at::Tensor positions = at::arange(rows, at::kLong).repeat({batch}).unsqueeze(0);
  at::Tensor states = network.decoder()
                          .Forward(prompt, positions, prompts)
                          .unflatten(0, {batch, rows})
                          .select(1, -1);

  GreedyCountries found{std::vector<int32_t>(static_cast<size_t>(batch), -1), {}};
  const at::Tensor classes = image.country_logits.argmax(1);
  found.auxiliary.assign(classes.const_data_ptr<int64_t>(),
                         classes.const_data_ptr<int64_t>() + batch);
  for (int64_t step = 0; step < kMaxChainTokens; ++step) {
    ids = network.Logits(states).argmax(1);
    const auto* values = ids.const_data_ptr<int64_t>();
    for (size_t i = 0; i < found.tokens.size(); ++i) {
      const auto id = static_cast<int32_t>(values[i]);
      if (found.tokens[i] < 0 && countries.contains(id)) {
        found.tokens[i] = id;
      }
    }
    if (std::ranges::find(found.tokens, -1) == found.tokens.end()) {
      break;
    }
    const at::Tensor next = at::full({1, batch}, rows + step, at::kLong);
    states = network.decoder().Forward(network.EmbedTokens(ids), next, steps);
  }
  return found;
}

}  // namespace gre
