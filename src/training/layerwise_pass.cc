#include "training/layerwise_pass.h"

#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include "core/check.h"

namespace gre {

LayerwisePass::LayerwisePass(const Decoder& decoder, const at::Tensor& embeddings,
                             const at::Tensor& positions, std::vector<AttentionSegment> segments,
                             const Options& options)
    : decoder_(decoder),
      options_(options),
      segments_(std::move(segments)),
      table_(decoder.rotary().MakeTable(positions)),
      step_(segments_, embeddings.options().requires_grad(false)) {
  if (options_.rows) {
    rows_ = at::tensor(*options_.rows, at::kLong).to(embeddings.device());
  }
  const bool keeps_graphs = !options_.recompute && !options_.score_only;
  const at::AutoGradMode graph(keeps_graphs);
  const size_t layers = decoder_.layers().size();
  at::Tensor h = embeddings.detach();
  for (size_t i = 0; i <= layers; ++i) {
    if (!options_.score_only) inputs_.push_back(h);
    if (keeps_graphs) h.set_requires_grad(true);
    at::Tensor out = i < layers ? RunLayer(i, h) : decoder_.norm().Forward(h);
    h = out.detach();
    if (keeps_graphs) outputs_.push_back(std::move(out));
  }
  states_ = h;
}

at::Tensor LayerwisePass::RunLayer(size_t index, const at::Tensor& input) const {
  const bool last = index + 1 == decoder_.layers().size();
  return decoder_.layers()[index].Forward(input, table_, step_, static_cast<int64_t>(index),
                                          last ? rows_ : at::Tensor());
}

at::Tensor LayerwisePass::Backward(const at::Tensor& gradient,
                                   const std::function<void(int64_t)>& layer_done) {
  GRE_CHECK(inputs_.size() == decoder_.layers().size() + 1);
  at::Tensor upper = gradient.to(states_.scalar_type());
  while (!inputs_.empty()) {
    const size_t i = inputs_.size() - 1;
    const at::Tensor input = std::move(inputs_.back());
    inputs_.pop_back();
    at::Tensor output;
    if (options_.recompute) {
      const at::AutoGradMode graph(true);
      input.set_requires_grad(true);
      output = i < decoder_.layers().size() ? RunLayer(i, input) : decoder_.norm().Forward(input);
    } else {
      output = std::move(outputs_.back());
      outputs_.pop_back();
    }
    output.backward(upper);
    upper = input.grad();
    if (layer_done && i < decoder_.layers().size()) layer_done(static_cast<int64_t>(i));
  }
  return upper;
}

}  // namespace gre
