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
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/stack.h>
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

constexpr int kLastStatisticsBlock = kStatisticsBlocks.back();  // the only one of the upper tower

int64_t SummaryWidth(const NanoConfig& config) {
  const int64_t reference =
      EffnetLite::kHeadChannels + 2 * EffnetLite::BlockChannels(kLastStatisticsBlock);
  return EffnetLite::kHeadChannels + StatisticsWidth(EffnetLite::kNumBlocks) +
         (config.reference_tower ? reference : 0);
}

// What one upper tower makes of block 14's output.
struct UpperFeatures {
  at::Tensor head;        // [B, 1280, S/32, S/32] float32
  at::Tensor statistics;  // of the block that has them
};

UpperFeatures RunUpper(const EffnetLite& tower, const at::Tensor& grid) {
  at::Tensor x = grid;
  at::Tensor statistics;
  for (int block = NanoNetwork::kLastFrozenBlock + 1; block < EffnetLite::kNumBlocks; ++block) {
    x = tower.Block(block, x);
    if (block == kLastStatisticsBlock) {
      statistics = ChannelStatistics(x);
    }
  }
  return {tower.Head(x).to(at::kFloat), statistics};
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
      reference_tower_(config.reference_tower
                           ? std::optional<EffnetLite>(std::in_place, source, "reference_tower",
                                                       kLastFrozenBlock + 1)
                           : std::nullopt),
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
    if (reference_tower_) {
      reference_tower_->VisitParameters(kLastFrozenBlock + 1, visitor);
    }
    visit(kSummaryMean, summary_mean_);
    visit(kSummaryDeviation, summary_deviation_);
  }
  if (tower) {
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
  const UpperFeatures upper = RunUpper(tower_, lower.grid);
  std::vector<at::Tensor> summary = {upper.head.mean({2, 3}), lower.statistics, upper.statistics};
  if (reference_tower_) {
    const UpperFeatures reference = RunUpper(*reference_tower_, lower.grid);
    summary.insert(summary.end(), {reference.head.mean({2, 3}), reference.statistics});
  }
  const at::Tensor& head = upper.head;
  const at::Tensor cells = head.size(2) == config_.grid
                               ? head
                               : at::adaptive_avg_pool2d(head, {config_.grid, config_.grid});
  return {cells.flatten(2).transpose(1, 2), at::cat(summary, 1)};
}

at::Tensor NanoNetwork::SummaryInputs(const TowerFeatures& tower) const {
  return (tower.summary - summary_mean_) / summary_deviation_;
}

at::Tensor NanoNetwork::StatisticsMask() const {
  at::Tensor mask = at::ones_like(summary_mean_);
  mask.narrow(0, 0, EffnetLite::kHeadChannels).zero_();
  if (reference_tower_) {
    const int64_t trained = EffnetLite::kHeadChannels + StatisticsWidth(EffnetLite::kNumBlocks);
    mask.narrow(0, trained, EffnetLite::kHeadChannels).zero_();
  }
  return mask;
}

NanoNetwork::Summary NanoNetwork::Summarise(const TowerFeatures& tower, double dropout) const {
  const at::Tensor inputs = Drop(SummaryInputs(tower), dropout);
  return {inputs, Drop(at::silu(summary_hidden_.Forward(inputs)), dropout)};
}

at::Tensor CountryMember::Logits(const at::Tensor& inputs, double dropout) const {
  const at::Tensor hidden = at::silu(at::linear(Drop(inputs, dropout), hidden_weight, hidden_bias));
  return at::linear(Drop(hidden, dropout), country_weight, country_bias);
}

void NanoNetwork::SetCountryHead(std::span<const CountryMember> members) {
  std::vector<at::Tensor> hidden_weights, hidden_biases, country_weights, country_biases;
  for (const CountryMember& member : members) {
    hidden_weights.push_back(member.hidden_weight);
    hidden_biases.push_back(member.hidden_bias);
    country_weights.push_back(member.country_weight);
    country_biases.push_back(member.country_bias);
  }
  const auto count = static_cast<double>(members.size());
  const auto set = [](Linear& linear, const at::Tensor& weight, const at::Tensor& bias) {
    linear.VisitParameters([&](const ParameterSlice& slice) {
      slice.Get().copy_(slice.name.ends_with(".bias") ? bias : weight);
    });
  };
  set(summary_hidden_, at::cat(hidden_weights), at::cat(hidden_biases));
  set(country_head_, at::cat(country_weights, 1) / count, at::stack(country_biases).mean(0));
}

ImageFeatures NanoNetwork::Project(const TowerFeatures& tower, double dropout,
                                   double image_dropout) const {
  const Summary summary = Summarise(tower, dropout);
  const at::Tensor countries = country_head_.Forward(summary.hidden);
  std::vector<at::Tensor> tokens = {
      grid_projection_.Forward(Drop(grid_norm_.Forward(tower.cells), dropout / 2))};
  int64_t begin = EffnetLite::kHeadChannels;
  for (size_t i = 0; i < kStatisticsBlocks.size(); ++i) {
    const int64_t width = 2 * EffnetLite::BlockChannels(kStatisticsBlocks[i]);
    const at::Tensor part = summary.inputs.narrow(1, begin, width);
    tokens.push_back(statistics_projections_[i].Forward(part).unsqueeze(1));
    begin += width;
  }
  tokens.push_back(summary_projection_.Forward(summary.hidden).unsqueeze(1));
  at::Tensor rows = at::cat(tokens, 1);
  if (image_dropout > 0) {
    rows = rows * (at::rand({rows.size(0), 1, 1}, rows.options()) >= image_dropout);
  }
  if (config_.hint_temperature > 0) {
    const at::Tensor belief = at::softmax(countries.detach() / config_.hint_temperature, 1);
    const int64_t last = rows.size(1) - 1;
    rows = at::cat(
        {rows.narrow(1, 0, last), rows.narrow(1, last, 1) + at::matmul(belief, hint_).unsqueeze(1)},
        1);
  }
  return {rows + position_, countries};
}

void NanoNetwork::StandardiseSummary(const LowerFeatures& sample) {
  const at::Tensor summary = Upper(sample).summary;
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
