#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gre {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
  double weight_decay = 0.05;  // decoupled
  bool decay_vectors = false;  // also of norms and biases
  double clip_norm = 1;        // of all gradients together; 0 = off
  double ema_decay = 0.995;    // of the averaged weights that are evaluated; 0 = none are kept
};

// One trained tensor with its optimiser state.
struct TrainedParameter {
  std::string name;  // of its first tensor in the checkpoint layout; unique
  at::Tensor value;  // the leaf that the network computes with, float32 or bfloat16
  double learning_rate_scale = 1;
  // float32. The optimiser's copy of the weights is the value itself where that is float32; the
  // average is undefined without ema_decay. What another process steps has no moments, and a master
  // only where that costs nothing.
  at::Tensor master = {}, moment1 = {}, moment2 = {}, average = {};
};

// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with global norm clipping and an exponential
// moving average of the weights. Not thread-safe.
class AdamW {
 public:
  // `steps` tells which parameters this process steps (by index; empty: all). The others take part
  // in the norm and are left to whoever steps them.
  AdamW(const AdamWOptions& options, std::vector<TrainedParameter> parameters,
        const std::function<bool(size_t)>& steps = {});

  // One update from the gradients, which are cleared. Returns their norm before clipping; when it
  // is not finite nothing is changed.
  double Step(double learning_rate);

  [[nodiscard]] int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  [[nodiscard]] const std::vector<TrainedParameter>& parameters() const { return parameters_; }

  // Lets the network compute with the masters after they were set from outside.
  void ShowMasters();

  // Exchanges weights and averages, if any; call twice around an evaluation.
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

enum class LearningRateShape { kCosine, kLinear, kConstant };
// transformers' schedules: peak * step / warmup below `warmup`, then down to 0 by the shape, or
// constant. `step` counts from 0, so that the first of several warm-up steps changes nothing.
double ScheduledLearningRate(LearningRateShape shape, int64_t step, int64_t total, int64_t warmup,
                             double peak);

}  // namespace gre
