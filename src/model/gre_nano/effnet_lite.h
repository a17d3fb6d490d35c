#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/layers/weight_source.h"

namespace gre {

// EfficientNet-Lite2 (Tan and Le, arXiv 1905.11946; the Lite variants drop squeeze-and-excitation
// and use ReLU6) with every batch norm folded into its convolution. Activations are [B, C, H, W],
// fastest in channels-last memory; the maths runs in the dtype of the activations. Differentiable
// in its parameters; const calls are thread-safe.
class EffnetLite {
 public:
  static constexpr int kNumBlocks = 21;
  static constexpr int64_t kHeadChannels = 1280;
  static int64_t BlockChannels(int index);  // of the block's output

  // Takes "<path>.stem", "<path>.blocks.N.{expand,depthwise,project}" (block 0 has no expand) and
  // "<path>.head", each a ".weight" [out, in / groups, k, k] and a ".bias" [out]. With
  // `first_block` above 0 only the upper part: the blocks from there on and the head.
  EffnetLite(WeightSource& source, const std::string& path, int first_block = 0);

  // Normalised pixels [B, 3, H, W] -> [B, 32, H/2, W/2].
  [[nodiscard]] at::Tensor Stem(const at::Tensor& pixels) const;
  [[nodiscard]] at::Tensor Block(int index, const at::Tensor& x) const;
  // Block 20's output -> [B, 1280, H/32, W/32].
  [[nodiscard]] at::Tensor Head(const at::Tensor& x) const;

  // Parameters of the blocks from `first_block` on and of the head; the stem's with 0.
  void VisitParameters(int first_block, const ParameterVisitor& visitor);

 private:
  struct Conv {
    std::string path;
    at::Tensor weight, bias;
  };
  struct Mbconv {
    Conv expand, depthwise, project;
  };

  static at::Tensor Apply(const Conv& conv, const at::Tensor& x, int64_t stride);

  Conv stem_, head_;
  std::array<Mbconv, kNumBlocks> blocks_;
};

}  // namespace gre
