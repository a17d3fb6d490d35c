#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/cancellation.h"
#include "model/layers/linear.h"
#include "model/layers/mlp.h"
#include "model/layers/rms_norm.h"
#include "model/layers/rotary.h"
#include "model/qwen2_5_vl/config.h"

namespace gre {

// Pre-norm block with biases everywhere and attention that is not causal.
class Qwen25VisionBlock {
 public:
  Qwen25VisionBlock(WeightSource& source, const Qwen25VisionConfig& config,
                    const std::string& path);

  // x: [N, hidden]; `lengths` are the rows of the blocks that attend together.
  [[nodiscard]] at::Tensor Forward(const at::Tensor& x, const Rotary::Table& table,
                                   std::span<const int64_t> lengths) const;
  void VisitLinears(const LinearVisitor& visitor);
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  int64_t num_heads_ = 0;
  RmsNorm norm1_, norm2_;
  Linear qkv_, proj_;
  SwiGluMlp mlp_;
};

// Patches of one image to one feature row for each merge_size x merge_size unit. Most blocks attend
// within windows; the sequence is kept in window order until the end.
class Qwen25VisionTower {
 public:
  // Intermediate results in window order, for comparisons with other implementations.
  struct Trace {
    at::Tensor patch_embed;          // [P, hidden], still in picture order
    std::vector<at::Tensor> blocks;  // [P, hidden] each
    at::Tensor merged;               // [P / merge_area, out_hidden]
  };

  // Takes the tensors below "visual.".
  Qwen25VisionTower(WeightSource& source, const Qwen25VisionConfig& config, at::Device device);

  // pixels: [units high, units wide, merge_area, patch values] -> [units, out_hidden]; undefined
  // when `cancellation`, looked at between blocks, was set.
  at::Tensor Forward(const at::Tensor& pixels, const CancellationToken* cancellation = nullptr,
                     Trace* trace = nullptr) const;
  void VisitLinears(const LinearVisitor& visitor);
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  // Angles of all patches in picture order: the first half of the pairs turns by the row, the
  // second by the column.
  [[nodiscard]] at::Tensor Angles(int64_t units_high, int64_t units_wide) const;

  Qwen25VisionConfig config_;
  at::Tensor frequencies_;   // [head_dim / 4] float32
  at::Tensor patch_weight_;  // [hidden, 3, frames, patch, patch]
  std::vector<Qwen25VisionBlock> blocks_;
  RmsNorm merger_norm_;
  Linear merger_in_, merger_out_;
};

}  // namespace gre
