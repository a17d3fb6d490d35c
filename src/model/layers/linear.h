#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/weight_source.h"

namespace gre {

// A weight in the layout its kernel reads fastest; immutable, inference only. Each storage format
// (today bfloat16 blocks of oneDNN) is a subclass behind PackWeight.
class PackedWeight {
 public:
  virtual ~PackedWeight() = default;
  // x [N, in] -> [N, out]; an undefined bias adds nothing.
  [[nodiscard]] virtual at::Tensor Apply(const at::Tensor& x, const at::Tensor& bias) const = 0;
};

// Whether PackWeight has a layout for this dtype and device on this machine.
bool CanPack(at::ScalarType dtype, at::Device device);
// Packs `weight` [out, in]; the result shares no memory with it. CanPack must hold.
std::unique_ptr<const PackedWeight> PackWeight(const at::Tensor& weight);

// Low-rank update of one projection (arXiv 2106.09685): y += scaling * (x A^T) B^T.
struct LoraAdapter {
  at::Tensor a;  // [r, in]
  at::Tensor b;  // [out, r]
  double scaling = 1;
  // In training, this share of x's values is zero and the others grow to make up for it; which, is
  // drawn from (seed, module path). Seed 0: none, as in scoring and inference.
  double dropout = 0;
  uint64_t dropout_seed = 0;
};

// A named range of rows of a parameter, as checkpoints store it.
struct ParameterSlice {
  std::string name;                 // tensor name in the hub layout
  at::Tensor* parameter = nullptr;  // the leaf that training updates; several slices may share it
  int64_t begin = 0;
  int64_t rows = 0;

  [[nodiscard]] at::Tensor Get() const { return parameter->narrow(0, begin, rows); }
};
using ParameterVisitor = std::function<void(const ParameterSlice&)>;

// One or more projections of the same input, stored as one stacked weight so that they cost one
// matrix product: q/k/v, gate/up, or a single one. y = x W^T + b (+ the live adapters' updates).
class Linear {
 public:
  struct Projection {
    std::string path;  // module path in the hub layout, e.g. "model.layers.0.self_attn.q_proj"
    int64_t out = 0;
  };

  Linear() = default;
  // Takes "<path>.weight" [out, in] and, with `bias`, "<path>.bias" [out] of each projection.
  Linear(WeightSource& source, std::vector<Projection> projections, int64_t in, bool bias);

  // [..., in] -> [..., sum of out]. Differentiable unless packed.
  [[nodiscard]] at::Tensor Forward(const at::Tensor& x) const;

  [[nodiscard]] const std::vector<Projection>& projections() const { return projections_; }
  [[nodiscard]] int64_t in() const { return in_; }
  // Undefined once packed.
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  [[nodiscard]] const at::Tensor& bias() const { return bias_; }

  // Adds (or with nullopt removes) the live adapter of projections()[index].
  void SetAdapter(size_t index, std::optional<LoraAdapter> adapter);
  [[nodiscard]] const std::optional<LoraAdapter>& adapter(size_t index) const {
    return adapters_[index];
  }

  // Replaces the weight by its packed form where there is one; training is over then.
  void Pack();

  // Weights and biases (not adapters). A packed layer has no weights to show.
  void VisitParameters(const ParameterVisitor& visitor);

 private:
  int64_t in_ = 0;
  std::vector<Projection> projections_;
  std::vector<std::optional<LoraAdapter>> adapters_;  // one a projection
  at::Tensor weight_;                                 // [sum of out, in]
  at::Tensor bias_;                                   // [sum of out] or undefined
  std::shared_ptr<const PackedWeight> packed_;
};

using LinearVisitor = std::function<void(Linear&)>;

}  // namespace gre
