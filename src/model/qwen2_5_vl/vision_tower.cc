#include "model/qwen2_5_vl/vision_tower.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>

#include "model/layers/attention.h"
#include "model/qwen2_5_vl/layout.h"

namespace gre {
namespace {

constexpr double kNormEps = 1e-6;
constexpr double kRotaryTheta = 10000.0;
constexpr char kPatchWeight[] = "visual.patch_embed.proj.weight";

}  // namespace

Qwen25VisionBlock::Qwen25VisionBlock(WeightSource& source, const Qwen25VisionConfig& config,
                                     const std::string& path)
    : num_heads_(config.num_heads),
      norm1_(source, path + ".norm1", config.hidden_size, kNormEps),
      norm2_(source, path + ".norm2", config.hidden_size, kNormEps),
      qkv_(source, {{path + ".attn.qkv", 3 * config.hidden_size}}, config.hidden_size,
           /*bias=*/true),
      proj_(source, {{path + ".attn.proj", config.hidden_size}}, config.hidden_size,
            /*bias=*/true),
      mlp_(source, path + ".mlp", config.hidden_size, config.intermediate_size, /*bias=*/true) {}

at::Tensor Qwen25VisionBlock::Forward(const at::Tensor& x, const Rotary::Table& table,
                                      std::span<const int64_t> lengths) const {
  const at::Tensor qkv =
      qkv_.Forward(norm1_.Forward(x)).unflatten(-1, {3 * num_heads_, -1});  // [N, 3 H, D]
  const at::Tensor turned = Rotary::Apply(qkv.narrow(1, 0, 2 * num_heads_), table);
  const at::Tensor attended =
      BlockAttention(turned.narrow(1, 0, num_heads_), turned.narrow(1, num_heads_, num_heads_),
                     qkv.narrow(1, 2 * num_heads_, num_heads_), lengths, /*causal=*/false);
  const auto [middle, normed] = norm2_.ForwardSum(x, proj_.Forward(attended.flatten(1)));
  return middle + mlp_.Forward(normed);
}

void Qwen25VisionBlock::VisitLinears(const LinearVisitor& visitor) {
  visitor(qkv_);
  visitor(proj_);
  mlp_.VisitLinears(visitor);
}

void Qwen25VisionBlock::VisitParameters(const ParameterVisitor& visitor) {
  norm1_.VisitParameters(visitor);
  norm2_.VisitParameters(visitor);
  VisitLinears([&](Linear& linear) { linear.VisitParameters(visitor); });
}

Qwen25VisionTower::Qwen25VisionTower(WeightSource& source, const Qwen25VisionConfig& config,
                                     at::Device device)
    : config_(config),
      frequencies_(
          Rotary::Frequencies(config.hidden_size / config.num_heads / 2, kRotaryTheta, device)),
      patch_weight_(source.Get(kPatchWeight, {config.hidden_size, 3, config.temporal_patch_size,
                                              config.patch_size, config.patch_size})) {
  for (int64_t i = 0; i < config.depth; ++i) {
    blocks_.emplace_back(source, config, "visual.blocks." + std::to_string(i));
  }
  const int64_t merged = config.hidden_size * config.merge_area();
  merger_norm_ = RmsNorm(source, "visual.merger.ln_q", config.hidden_size, kNormEps);
  merger_in_ = Linear(source, {{"visual.merger.mlp.0", merged}}, merged, /*bias=*/true);
  merger_out_ = Linear(source, {{"visual.merger.mlp.2", config.out_hidden_size}}, merged,
                       /*bias=*/true);
}

at::Tensor Qwen25VisionTower::Angles(int64_t units_high, int64_t units_wide) const {
  const int64_t side = config_.merge_size;
  const auto options = frequencies_.options();
  // Row and column of each patch, [units high, units wide, side, side].
  const std::vector<int64_t> shape = {units_high, units_wide, side, side};
  const at::Tensor row =
      at::arange(units_high * side, options).view({units_high, 1, side, 1}).expand(shape);
  const at::Tensor column =
      at::arange(units_wide * side, options).view({1, units_wide, 1, side}).expand(shape);
  const auto turn = [&](const at::Tensor& position) {
    return position.reshape({-1, 1}) * frequencies_;
  };
  return at::cat({turn(row), turn(column)}, 1);  // [P, D / 2]
}

at::Tensor Qwen25VisionTower::Forward(const at::Tensor& pixels,
                                      const CancellationToken* cancellation, Trace* trace) const {
  const int64_t area = config_.merge_area();
  const int64_t units_high = pixels.size(0);
  const int64_t units_wide = pixels.size(1);
  const int64_t units = units_high * units_wide;
  const int64_t patches = units * area;
  const WindowLayout windows = MakeWindowLayout(
      units_high, units_wide, config_.window_size / config_.merge_size / config_.patch_size);
  const at::Tensor order = at::tensor(windows.order, at::kLong).to(patch_weight_.device());
  const auto to_window_order = [&](const at::Tensor& rows) {  // [P, C] -> [P, C]
    return rows.view({units, area, -1}).index_select(0, order).view({patches, -1});
  };
  std::vector<int64_t> window_lengths = windows.lengths;
  for (int64_t& length : window_lengths) length *= area;
  const std::vector<int64_t> whole = {patches};

  const at::Tensor embedded =
      at::linear(pixels.view({patches, -1}).to(patch_weight_.options()), patch_weight_.flatten(1));
  const at::Tensor angles = to_window_order(Angles(units_high, units_wide));
  const Rotary::Table table = {angles.cos(), angles.sin()};
  if (trace != nullptr) trace->patch_embed = embedded;

  at::Tensor x = to_window_order(embedded);
  const auto& full = config_.full_attention_blocks;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (cancellation != nullptr && cancellation->IsCancelled()) return {};
    const bool is_full = std::find(full.begin(), full.end(), static_cast<int64_t>(i)) != full.end();
    x = blocks_[i].Forward(x, table, is_full ? whole : window_lengths);
    if (trace != nullptr) trace->blocks.push_back(x);
  }
  const at::Tensor joined = merger_norm_.Forward(x).view({units, -1});
  const at::Tensor merged = merger_out_.Forward(at::gelu(merger_in_.Forward(joined)));
  if (trace != nullptr) trace->merged = merged;
  return merged.index_select(0, order.argsort());
}

void Qwen25VisionTower::VisitLinears(const LinearVisitor& visitor) {
  for (Qwen25VisionBlock& block : blocks_) block.VisitLinears(visitor);
  visitor(merger_in_);
  visitor(merger_out_);
}

void Qwen25VisionTower::VisitParameters(const ParameterVisitor& visitor) {
  visitor({kPatchWeight, &patch_weight_, 0, patch_weight_.size(0)});
  for (Qwen25VisionBlock& block : blocks_) block.VisitParameters(visitor);
  merger_norm_.VisitParameters(visitor);
  merger_in_.VisitParameters(visitor);
  merger_out_.VisitParameters(visitor);
}

}  // namespace gre
