#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/attention.h"
#include "model/layers/decoder.h"

namespace gre {

// A pass through a decoder whose backward goes through the layers one at a time. By default a
// layer's input is all that is kept of it (activation checkpointing, arXiv 1604.06174): memory is
// one layer's activations plus `layers` times [N, hidden], for one more forward. Gradients are
// added to the leaves' grad(): whatever the decoder's weights and adapters have that requires them.
// Sequential; the decoder must outlive the pass and stay unchanged until Backward.
class LayerwisePass {
 public:
  struct Options {
    bool recompute = true;    // false keeps every layer's graph: faster, all activations in memory
    bool score_only = false;  // keeps nothing; there is no Backward then
    // Rows whose final states are wanted, in rising order; absent: all.
    std::optional<std::vector<int64_t>> rows = {};
  };

  // Runs the forward. embeddings [N, hidden] (their own graph is not followed), positions [A, N] on
  // their device; `segments` cover the N rows and have no cache.
  LayerwisePass(const Decoder& decoder, const at::Tensor& embeddings, const at::Tensor& positions,
                std::vector<AttentionSegment> segments, const Options& options);
  LayerwisePass(const LayerwisePass&) = delete;
  LayerwisePass& operator=(const LayerwisePass&) = delete;

  // Final normed states of the wanted rows, [M, hidden], without a graph.
  [[nodiscard]] const at::Tensor& states() const { return states_; }

  // Adds the gradient of sum(states * gradient); returns that of the embeddings, [N, hidden]. Once.
  // `layer_done`, where given, hears of each decoder layer whose gradients are complete.
  at::Tensor Backward(const at::Tensor& gradient,
                      const std::function<void(int64_t)>& layer_done = {});

 private:
  [[nodiscard]] at::Tensor RunLayer(size_t index, const at::Tensor& input) const;

  const Decoder& decoder_;
  Options options_;
  std::vector<AttentionSegment> segments_;
  Rotary::Table table_;
  AttentionStep step_;
  at::Tensor rows_;                  // undefined: all
  std::vector<at::Tensor> inputs_;   // of each layer and of the final norm
  std::vector<at::Tensor> outputs_;  // with their graphs, where they are kept
  at::Tensor states_;
};

}  // namespace gre
