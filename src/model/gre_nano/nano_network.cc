#include "model/gre_nano/nano_network.h"

#include <algorithm>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/std.h>
#include <ATen/ops/var.h>

namespace gre {
namespace {

constexpr char kEmbedding[] = "model.embed_tokens.weight";
constexpr char kPosition[] = "projector.position";
constexpr char kHint[] = "projector.hint";
constexpr char kSummaryMean[] = "projector.summary_mean";
constexpr char kSummaryDeviation[] = "projector.summary_deviation";

bool HasStatistics(int block) {
  return std::ranges::find(kStatisticsBlocks, block) != kStatisticsBlocks.end();
}

// Mean and standard deviation of each channel over space: [B, C, H, W] -> float32 [B, 2 C].
at::Tensor ChannelStatistics(const at::Tensor& x) {
  const at::Tensor flat = x.to(at::kFloat).flatten(2);  // [B, C, H W]
  return at::cat({flat.mean(2), (flat.var(2, /*unbiased=*/false) + 1e-6).sqrt()}, 1);
}

int64_t StatisticsWidth(int last_block) {
  int64_t width = 0;
  for (int block : kStatisticsBlocks) {
    width += block <= last_block ? 2 * EffnetLite::BlockChannels(block) : 0;
  }
  return width;
}

int64_t SummaryWidth(const NanoConfig& config) {
  return (config.summary_pools_head ? EffnetLite::kHeadChannels : 0) +
         StatisticsWidth(EffnetLite::kNumBlocks);
}

at::Tensor Drop(const at::Tensor& x, double share) {
  return share > 0 ? at::dropout(x, share, /*train=*/true) : x;
}

DecoderConfig MakeDecoderConfig(const NanoConfig& config) {
  return {.hidden_size = config.hidden_size,
          .intermediate_size = config.intermediate_size,
          .num_layers = config.num_layers,
          .num_heads = config.num_heads,
          .num_kv_heads = config.num_kv_heads,
          .head_dim = config.head_dim(),
          .rms_norm_eps = config.rms_norm_eps,
          .rope_theta = config.rope_theta,
          .rope_sections = {config.head_dim() / 2},
          .qkv_bias = false};
}

}  // namespace

int64_t NanoNetwork::LowerStatisticsWidth() { return StatisticsWidth(kLastFrozenBlock); }

NanoNetwork::NanoNetwork(WeightSource& source, const NanoConfig& config, at::Device device)
    : config_(config),
      tower_(source, "tower"),
      summary_mean_(source.Get(kSummaryMean, {SummaryWidth(config)})),
      summary_deviation_(source.Get(kSummaryDeviation, {SummaryWidth(config)})),
      grid_norm_(source, "projector.grid_norm", EffnetLite::kHeadChannels, config.rms_norm_eps),
      grid_projection_(source, {{"projector.grid", config.hidden_size}}, EffnetLite::kHeadChannels,
                       true),
      summary_hidden_(source, {{"projector.summary_hidden", config.summary_size}},
                      SummaryWidth(config), true),
      summary_projection_(source, {{"projector.summary", config.hidden_size}}, config.summary_size,
                          true),
      country_head_(source, {{"country_head", config.num_countries}}, config.summary_size, true),
      hint_(config.hint_temperature > 0
                ? source.Get(kHint, {config.num_countries, config.hidden_size})
                : at::Tensor()),
      position_(source.Get(kPosition, {config.image_tokens(), config.hidden_size})),
      embedding_(source.Get(kEmbedding, {config.vocab_size, config.hidden_size})),
      decoder_(source, MakeDecoderConfig(config), "model", device) {
  for (int block : kStatisticsBlocks) {
    const std::string name = "projector.block_" + std::to_string(block);
    statistics_projections_.push_back(
        Linear(source, {{name, config.hidden_size}}, 2 * EffnetLite::BlockChannels(block), true));
  }
}

void NanoNetwork::VisitParameters(Part part, const ParameterVisitor& visitor) {
  const auto visit = [&](const char* name, at::Tensor& tensor) {
    visitor({name, &tensor, 0, tensor.size(0)});
  };
  const bool tower = part == Part::kAll || part == Part::kUnfrozen;
  if (tower) {
    tower_.VisitParameters(part == Part::kAll ? 0 : kLastFrozenBlock + 1, visitor);
  }
  if (part == Part::kAll) {
    visit(kSummaryMean, summary_mean_);
    visit(kSummaryDeviation, summary_deviation_);
  }
  if (tower || part == Part::kCountryHead) {
    summary_hidden_.VisitParameters(visitor);
    country_head_.VisitParameters(visitor);
  }
  if (tower || part == Part::kText) {
    grid_norm_.VisitParameters(visitor);
    grid_projection_.VisitParameters(visitor);
    for (Linear& projection : statistics_projections_) {
      projection.VisitParameters(visitor);
    }
    summary_projection_.VisitParameters(visitor);
    if (config_.hint_temperature > 0) {
      visit(kHint, hint_);
    }
    visit(kPosition, position_);
    visit(kEmbedding, embedding_);
    decoder_.VisitParameters(visitor);
  }
}

LowerFeatures NanoNetwork::Lower(const at::Tensor& pixels) const {
  std::vector<at::Tensor> statistics;
  at::Tensor x = tower_.Stem(pixels);
  for (int block = 0; block <= kLastFrozenBlock; ++block) {
    x = tower_.Block(block, x);
    if (HasStatistics(block)) {
      statistics.push_back(ChannelStatistics(x));
    }
  }
  return {x, at::cat(statistics, 1)};
}

TowerFeatures NanoNetwork::Upper(const LowerFeatures& lower) const {
  at::Tensor x = lower.grid;
  at::Tensor statistics = lower.statistics;
  for (int block = kLastFrozenBlock + 1; block < EffnetLite::kNumBlocks; ++block) {
    x = tower_.Block(block, x);
    if (HasStatistics(block)) {
      statistics = at::cat({statistics, ChannelStatistics(x)}, 1);
    }
  }
  const at::Tensor head = tower_.Head(x).to(at::kFloat);  // [B, 1280, S/32, S/32]
  const at::Tensor cells = head.size(2) == config_.grid
                               ? head
                               : at::adaptive_avg_pool2d(head, {config_.grid, config_.grid});
  return {cells.flatten(2).transpose(1, 2), at::cat({head.mean({2, 3}), statistics}, 1)};
}

at::Tensor NanoNetwork::SummaryInputs(const TowerFeatures& tower) const {
  return config_.summary_pools_head
             ? tower.summary
             : tower.summary.narrow(1, EffnetLite::kHeadChannels, SummaryWidth(config_));
}

NanoNetwork::Summary NanoNetwork::Summarise(const TowerFeatures& tower, double dropout) const {
  const at::Tensor inputs =
      Drop((SummaryInputs(tower) - summary_mean_) / summary_deviation_, dropout);
  return {inputs, Drop(at::silu(summary_hidden_.Forward(inputs)), dropout)};
}

at::Tensor NanoNetwork::CountryLogits(const TowerFeatures& tower, double dropout) const {
  return country_head_.Forward(Summarise(tower, dropout).hidden);
}

ImageFeatures NanoNetwork::Project(const TowerFeatures& tower, double dropout) const {
  const Summary summary = Summarise(tower, dropout);
  const at::Tensor countries = country_head_.Forward(summary.hidden);
  std::vector<at::Tensor> tokens = {
      grid_projection_.Forward(Drop(grid_norm_.Forward(tower.cells), dropout / 2))};
  int64_t begin = summary.inputs.size(1) - StatisticsWidth(EffnetLite::kNumBlocks);
  for (size_t i = 0; i < kStatisticsBlocks.size(); ++i) {
    const int64_t width = 2 * EffnetLite::BlockChannels(kStatisticsBlocks[i]);
    const at::Tensor part = summary.inputs.narrow(1, begin, width);
    tokens.push_back(statistics_projections_[i].Forward(part).unsqueeze(1));
    begin += width;
  }
  at::Tensor last = summary_projection_.Forward(summary.hidden);
  if (config_.hint_temperature > 0) {
    const at::Tensor belief = at::softmax(countries.detach() / config_.hint_temperature, 1);
    last = last + at::matmul(belief, hint_);
  }
  tokens.push_back(last.unsqueeze(1));
  return {at::cat(tokens, 1) + position_, countries};
}

void NanoNetwork::StandardiseSummary(const LowerFeatures& sample) {
  const at::Tensor summary = SummaryInputs(Upper(sample));
  summary_mean_ = summary.mean(0);
  summary_deviation_ = summary.std(0) + 1e-3;
}

at::Tensor NanoNetwork::EmbedTokens(const at::Tensor& ids) const {
  return at::embedding(embedding_, ids);
}

at::Tensor NanoNetwork::Logits(const at::Tensor& states) const {
  return at::linear(states, embedding_).to(at::kFloat);
}

}  // namespace gre
