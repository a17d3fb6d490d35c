#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gre {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
  double weight_decay = 0.05;  // decoupled; not applied to vectors (norms, biases)
  double clip_norm = 1;        // of all gradients together; 0 = off
  double ema_decay = 0.995;    // of the averaged weights that are evaluated and exported
};

// One trained tensor with its optimiser state; all float32.
struct TrainedParameter {
  std::string name;  // of its first tensor in the checkpoint layout; unique
  at::Tensor value;  // the leaf
  double learning_rate_scale = 1;
  at::Tensor moment1, moment2, average;
};

// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with global norm clipping and an exponential
// moving average of the weights. Not thread-safe.
class AdamW {
 public:
  AdamW(const AdamWOptions& options, std::vector<TrainedParameter> parameters);

  // One update from the gradients, which are cleared. Returns their norm before clipping; when it
  // is not finite nothing is changed.
  double Step(double learning_rate);

  [[nodiscard]] int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  [[nodiscard]] const std::vector<TrainedParameter>& parameters() const { return parameters_; }

  // Exchanges weights and averages; call twice around an evaluation.
  void SwapAverages();

 private:
  AdamWOptions options_;
  std::vector<TrainedParameter> parameters_;
  int64_t steps_ = 0;
};

// Linear warm-up over the first `warmup` of `total` steps, then a cosine from `peak` down to
// `floor_ratio` of it. `step` counts from 0.
double CosineLearningRate(int64_t step, int64_t total, int64_t warmup, double peak,
                          double floor_ratio);

}  // namespace gre
