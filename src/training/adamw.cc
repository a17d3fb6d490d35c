#include "training/adamw.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

namespace gre {
namespace {

// Lets the network compute with what the optimiser holds.
void ShowMaster(TrainedParameter& parameter) {
  if (parameter.master.defined() && !parameter.value.is_alias_of(parameter.master))
    parameter.value.copy_(parameter.master);
}

// Of all gradients together. One copy from the device, not one a parameter.
double GradientNorm(const std::vector<TrainedParameter>& parameters) {
  std::vector<at::Tensor> norms;
  for (const TrainedParameter& p : parameters) {
    const at::Tensor& gradient = p.value.grad();
    if (gradient.defined()) {
      norms.push_back(at::linalg_vector_norm(gradient, 2, {}, false, at::kFloat));
    }
  }
  if (norms.empty()) return 0;
  const at::Tensor of_each = at::stack(norms).cpu();
  double square = 0;
  for (int64_t i = 0; i < of_each.size(0); ++i) {
    square += std::pow(static_cast<double>(of_each.const_data_ptr<float>()[i]), 2);
  }
  return std::sqrt(square);
}

}  // namespace

AdamW::AdamW(const AdamWOptions& options, std::vector<TrainedParameter> parameters,
             const std::function<bool(size_t)>& steps)
    : options_(options), parameters_(std::move(parameters)) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    TrainedParameter& p = parameters_[i];
    p.value.set_requires_grad(true);
    const bool stepped = !steps || steps(i);
    if (stepped || p.value.scalar_type() == at::kFloat) {
      p.master = p.value.detach().to(at::kFloat);  // shares its memory with a float32 value
    }
    if (!stepped) continue;
    p.moment1 = at::zeros_like(p.master);
    p.moment2 = at::zeros_like(p.master);
    if (options_.ema_decay > 0) p.average = p.master.clone();
  }
}

double AdamW::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const double norm = GradientNorm(parameters_);
  if (!std::isfinite(norm)) {
    for (TrainedParameter& p : parameters_) {
      p.value.mutable_grad().reset();
    }
    return norm;
  }
  const double clip =
      options_.clip_norm > 0 && norm > options_.clip_norm ? options_.clip_norm / norm : 1;
  ++steps_;
  // the average follows closely at first, so that it does not remember the initial weights
  const auto step = static_cast<double>(steps_);
  const double ema = std::min(options_.ema_decay, step / (step + 9));
  if (parameters_.empty()) return norm;
  const at::TensorOptions scalar =
      at::TensorOptions().dtype(at::kFloat).device(parameters_.front().value.device());
  const at::Tensor step_count = at::scalar_tensor(step, scalar);
  const at::Tensor gradient_divisor = at::scalar_tensor(1 / clip, scalar);
  for (TrainedParameter& p : parameters_) {
    if (p.value.grad().defined() && !p.moment1.defined()) {
      p.value.mutable_grad().reset();
    } else if (p.value.grad().defined()) {
      const bool decays = p.value.dim() > 1 || options_.decay_vectors;
      at::_fused_adamw_({p.master}, {p.value.grad().to(at::kFloat).contiguous()}, {p.moment1},
                        {p.moment2}, {}, {step_count}, learning_rate * p.learning_rate_scale,
                        options_.beta1, options_.beta2, decays ? options_.weight_decay : 0,
                        options_.epsilon, /*amsgrad=*/false, /*maximize=*/false, gradient_divisor);
      p.value.mutable_grad().reset();
      ShowMaster(p);
    }
    if (p.average.defined()) p.average.lerp_(p.master, 1 - ema);
  }
  return norm;
}

void AdamW::ShowMasters() {
  const at::NoGradGuard no_grad;
  for (TrainedParameter& p : parameters_) ShowMaster(p);
}

void AdamW::SwapAverages() {
  const at::NoGradGuard no_grad;
  for (TrainedParameter& p : parameters_) {
    if (!p.average.defined()) continue;
    const at::Tensor weights = p.master.clone();
    p.master.copy_(p.average);
    p.average.copy_(weights);
    ShowMaster(p);
  }
}

double CosineLearningRate(int64_t step, int64_t total, int64_t warmup, double peak,
                          double floor_ratio) {
  if (step < warmup) {
    return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
  }
  const double progress =
      std::min(1.0, static_cast<double>(step - warmup) /
                        static_cast<double>(std::max<int64_t>(total - warmup, 1)));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return peak * (floor_ratio + (1 - floor_ratio) * cosine);
}

double ScheduledLearningRate(LearningRateShape shape, int64_t step, int64_t total, int64_t warmup,
                             double peak) {
  if (step < warmup) return peak * static_cast<double>(step) / static_cast<double>(warmup);
  if (shape == LearningRateShape::kConstant) return peak;
  const double progress =
      std::min(1.0, static_cast<double>(step - warmup) /
                        static_cast<double>(std::max<int64_t>(total - warmup, 1)));
  return peak * (shape == LearningRateShape::kLinear
                     ? 1 - progress
                     : 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

}  // namespace gre
