#include "model/layers/linear.h"

#include <string_view>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>

#include "core/check.h"
#include "core/random.h"

namespace gre {
namespace {

// oneDNN's blocked bfloat16 layout. The operators have no C++ header; they are found by name.
class OneDnnWeight : public PackedWeight {
 public:
  explicit OneDnnWeight(const at::Tensor& weight) {
    static const auto kReorder =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
            .typed<at::Tensor(const at::Tensor&, std::optional<int64_t>)>();
    packed_ = kReorder.call(weight, std::nullopt);
  }

  [[nodiscard]] at::Tensor Apply(const at::Tensor& x, const at::Tensor& bias) const override {
    static const auto kLinear =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
            .typed<at::Tensor(const at::Tensor&, const at::Tensor&,
                              const std::optional<at::Tensor>&, std::string_view,
                              c10::List<std::optional<at::Scalar>>,
                              std::optional<std::string_view>)>();
    static const c10::List<std::optional<at::Scalar>> kNoScalars;
    return kLinear.call(x, packed_, bias.defined() ? std::optional(bias) : std::nullopt, "none",
                        kNoScalars, "");
  }

 private:
  at::Tensor packed_;
};

}  // namespace

bool CanPack(at::ScalarType dtype, at::Device device) {
  static const bool kSupported = c10::Dispatcher::singleton()
                                     .findSchemaOrThrow("mkldnn::_is_mkldnn_bf16_supported", "")
                                     .typed<bool()>()
                                     .call();
  return dtype == at::kBFloat16 && device.is_cpu() && kSupported;
}

std::unique_ptr<const PackedWeight> PackWeight(const at::Tensor& weight) {
  GRE_CHECK(CanPack(weight.scalar_type(), weight.device()));
  return std::make_unique<OneDnnWeight>(weight);
}

Linear::Linear(WeightSource& source, std::vector<Projection> projections, int64_t in, bool bias)
    : in_(in), projections_(std::move(projections)), adapters_(projections_.size()) {
  const auto stacked = [&](const char* suffix, bool matrix) {
    int64_t rows = 0;
    for (const Projection& projection : projections_) rows += projection.out;
    at::Tensor stack;
    int64_t begin = 0;
    for (const Projection& projection : projections_) {
      const std::string name = projection.path + suffix;
      at::Tensor part =
          matrix ? source.Get(name, {projection.out, in}) : source.Get(name, {projection.out});
      if (projections_.size() == 1 || !part.defined()) {
        stack = std::move(part);
        continue;
      }
      if (!stack.defined()) {
        std::vector<int64_t> shape = part.sizes().vec();
        shape[0] = rows;
        stack = at::empty(shape, part.options());
      }
      stack.narrow(0, begin, projection.out).copy_(part);  // one part at a time is held twice
      begin += projection.out;
    }
    return stack;
  };
  weight_ = stacked(".weight", true);
  if (bias) bias_ = stacked(".bias", false);
  if (source.packs() && weight_.defined()) Pack();
  for (const Projection& projection : projections_) source.Release(projection.path + ".weight");
}

namespace {

at::Tensor DropOut(const at::Tensor& x, const LoraAdapter& adapter, const std::string& path) {
  if (adapter.dropout == 0 || adapter.dropout_seed == 0) return x;
  at::Generator generator = x.is_cpu() ? at::detail::createCPUGenerator()
                                       : at::globalContext()
                                             .getAcceleratorHooksInterface(x.device().type())
                                             .getNewGenerator(x.device().index());
  generator.set_current_seed(HashSeed(adapter.dropout_seed, path));
  const double kept = 1 - adapter.dropout;
  return x * at::empty_like(x).bernoulli_(kept, generator).div_(kept);
}

}  // namespace

at::Tensor Linear::Forward(const at::Tensor& x) const {
  at::Tensor y = packed_ ? packed_->Apply(x, bias_) : at::linear(x, weight_, bias_);
  int64_t begin = 0;
  at::Tensor wide;  // the input as adapters compute with it, made once for all projections
  for (size_t i = 0; i < projections_.size(); ++i) {
    if (const auto& adapter = adapters_[i]) {
      if (!wide.defined()) wide = x.to(adapter->a.scalar_type());
      const at::Tensor low = at::linear(DropOut(wide, *adapter, projections_[i].path), adapter->a);
      y.narrow(-1, begin, projections_[i].out).add_(at::linear(low, adapter->b), adapter->scaling);
    }
    begin += projections_[i].out;
  }
  return y;
}

void Linear::SetAdapter(size_t index, std::optional<LoraAdapter> adapter) {
  GRE_CHECK(index < adapters_.size());
  adapters_[index] = std::move(adapter);
}

void Linear::Pack() {
  if (packed_ || !CanPack(weight_.scalar_type(), weight_.device())) return;
  packed_ = PackWeight(weight_);
  weight_.reset();
}

void Linear::VisitParameters(const ParameterVisitor& visitor) {
  int64_t begin = 0;
  for (const Projection& projection : projections_) {
    if (weight_.defined()) {
      visitor({projection.path + ".weight", &weight_, begin, projection.out});
    }
    if (bias_.defined()) visitor({projection.path + ".bias", &bias_, begin, projection.out});
    begin += projection.out;
  }
}

}  // namespace gre
