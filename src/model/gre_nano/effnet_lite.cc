#include "model/gre_nano/effnet_lite.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/relu6.h>

namespace gre {
namespace {

constexpr int64_t kExpandRatio = 6;

struct BlockShape {
  int64_t in, out, kernel, stride;
};

struct Stage {
  int blocks;
  int64_t out, kernel, stride;
};

// Width 1.1 and depth 1.2 applied to EfficientNet-B0's stages; first and last stage are not scaled.
constexpr std::array<Stage, 7> kStages = {{{1, 16, 3, 1},
                                           {3, 24, 3, 2},
                                           {3, 48, 5, 2},
                                           {4, 88, 3, 2},
                                           {4, 120, 5, 1},
                                           {5, 208, 5, 2},
                                           {1, 352, 3, 1}}};
constexpr int64_t kStemChannels = 32;

constexpr std::array<BlockShape, EffnetLite::kNumBlocks> MakeBlocks() {
  std::array<BlockShape, EffnetLite::kNumBlocks> blocks{};
  size_t index = 0;
  int64_t in = kStemChannels;
  for (const Stage& stage : kStages) {
    for (int i = 0; i < stage.blocks; ++i) {
      blocks[index++] = {in, stage.out, stage.kernel, i == 0 ? stage.stride : 1};
      in = stage.out;
    }
  }
  return blocks;
}
constexpr auto kBlocks = MakeBlocks();

}  // namespace

int64_t EffnetLite::BlockChannels(int index) { return kBlocks.at(static_cast<size_t>(index)).out; }

EffnetLite::EffnetLite(WeightSource& source, const std::string& path, int first_block) {
  auto conv = [&](const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    const std::string full = path + "." + name;
    return Conv{full, source.Get(full + ".weight", {out, in, kernel, kernel}),
                source.Get(full + ".bias", {out})};
  };
  if (first_block == 0) {
    stem_ = conv("stem", kStemChannels, 3, 3);
  }
  for (auto i = static_cast<size_t>(first_block); i < blocks_.size(); ++i) {
    const BlockShape& shape = kBlocks[i];
    const std::string name = "blocks." + std::to_string(i) + ".";
    const int64_t expanded = i == 0 ? shape.in : shape.in * kExpandRatio;
    if (i > 0) {
      blocks_[i].expand = conv(name + "expand", expanded, shape.in, 1);
    }
    blocks_[i].depthwise = conv(name + "depthwise", expanded, 1, shape.kernel);
    blocks_[i].project = conv(name + "project", shape.out, expanded, 1);
  }
  head_ = conv("head", kHeadChannels, kBlocks.back().out, 1);
}

void EffnetLite::VisitParameters(int first_block, const ParameterVisitor& visitor) {
  auto visit = [&](Conv& conv) {
    visitor({conv.path + ".weight", &conv.weight, 0, conv.weight.size(0)});
    visitor({conv.path + ".bias", &conv.bias, 0, conv.bias.size(0)});
  };
  if (first_block == 0) {
    visit(stem_);
  }
  for (auto i = static_cast<size_t>(first_block); i < blocks_.size(); ++i) {
    if (i > 0) {
      visit(blocks_[i].expand);
    }
    visit(blocks_[i].depthwise);
    visit(blocks_[i].project);
  }
  visit(head_);
}

// TensorFlow's "SAME": output = ceil(input / stride). For stride 2 on even sizes the padding is one
// pixel larger on the right and bottom.
at::Tensor EffnetLite::Apply(const Conv& conv, const at::Tensor& x, int64_t stride) {
  const int64_t kernel = conv.weight.size(2);
  const int64_t groups = conv.weight.size(1) == 1 && x.size(1) > 1 ? x.size(1) : 1;
  const at::Tensor weight = conv.weight.to(x.scalar_type());
  const at::Tensor bias = conv.bias.to(x.scalar_type());
  // braced lists alone would be ambiguous: at::conv2d is overloaded on its padding
  const auto apply = [&](const at::Tensor& input, int64_t padding) {
    return at::conv2d(input, weight, bias, at::IntArrayRef{stride, stride},
                      at::IntArrayRef{padding, padding}, at::IntArrayRef{1, 1}, groups);
  };
  if (stride == 1) {
    return apply(x, kernel / 2);
  }
  auto total = [&](int64_t size) {
    const int64_t out = (size + stride - 1) / stride;
    return std::max<int64_t>((out - 1) * stride + kernel - size, 0);
  };
  const int64_t pad_x = total(x.size(3));
  const int64_t pad_y = total(x.size(2));
  const at::Tensor padded =
      at::constant_pad_nd(x, {pad_x / 2, pad_x - pad_x / 2, pad_y / 2, pad_y - pad_y / 2}, 0);
  return apply(padded, 0);
}

at::Tensor EffnetLite::Stem(const at::Tensor& pixels) const {
  return at::relu6(Apply(stem_, pixels, 2));
}

at::Tensor EffnetLite::Block(int index, const at::Tensor& x) const {
  const auto i = static_cast<size_t>(index);
  const BlockShape& shape = kBlocks.at(i);
  const Mbconv& block = blocks_[i];
  at::Tensor y = i == 0 ? x : at::relu6(Apply(block.expand, x, 1));
  y = at::relu6(Apply(block.depthwise, y, shape.stride));
  y = Apply(block.project, y, 1);
  return shape.stride == 1 && shape.in == shape.out ? y + x : y;
}

at::Tensor EffnetLite::Head(const at::Tensor& x) const { return at::relu6(Apply(head_, x, 1)); }

}  // namespace gre
