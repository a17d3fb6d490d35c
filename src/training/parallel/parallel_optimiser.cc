#include "training/parallel/parallel_optimiser.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

namespace gre {
namespace {

// Largest first, each to the process with the least so far.
std::vector<int> AssignSteppers(const std::vector<TrainedParameter>& parameters, int size) {
  std::vector<size_t> order(parameters.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](size_t i) { return parameters[i].value.numel(); });
  std::vector<int64_t> loads(static_cast<size_t>(size), 0);
  std::vector<int> steppers(parameters.size(), 0);
  for (const size_t i : order) {
    const auto least = std::ranges::min_element(loads);
    steppers[i] = static_cast<int>(least - loads.begin());
    *least += parameters[i].value.numel();
  }
  return steppers;
}

}  // namespace

ParallelOptimiser::ParallelOptimiser(Collective& collective, const AdamWOptions& options,
                                     std::vector<TrainedParameter> parameters)
    : collective_(collective),
      steppers_(AssignSteppers(parameters, collective.size())),
      optimiser_(options, std::move(parameters),
                 [&](size_t i) { return steppers_[i] == collective.rank(); }),
      gradients_(collective, optimiser_.parameters()) {}

Status ParallelOptimiser::AddUp(std::span<double> values) {
  GRE_RETURN_IF_ERROR(gradients_.Finish());
  return collective_.Sum(values);
}

Result<double> ParallelOptimiser::Step(double learning_rate) {
  const double norm = optimiser_.Step(learning_rate);
  GRE_RETURN_IF_ERROR(ShareValues());
  return norm;
}

Status ParallelOptimiser::ShareValues() {
  if (collective_.size() == 1) return {};
  const at::NoGradGuard no_grad;
  for (int root = 0; root < collective_.size(); ++root) {
    std::vector<at::Tensor> values;
    int64_t size = 0;
    for (size_t i = 0; i < steppers_.size(); ++i) {
      if (steppers_[i] != root) continue;
      values.push_back(parameters()[i].value);
      size += values.back().numel();
    }
    if (values.empty()) continue;
    // as the network computes with them: half the bytes where that is bfloat16
    const at::Tensor flat = at::empty({size}, at::dtype(values.front().scalar_type()));
    const auto each = [&](const auto& visit) {
      int64_t begin = 0;
      for (at::Tensor& value : values) {
        visit(value, flat.narrow(0, begin, value.numel()).view(value.sizes()));
        begin += value.numel();
      }
    };
    if (root == collective_.rank()) {
      each([](const at::Tensor& value, const at::Tensor& part) { part.copy_(value.detach()); });
    }
    GRE_RETURN_IF_ERROR(collective_.Broadcast(flat, root));
    if (root != collective_.rank()) {
      each([](const at::Tensor& value, const at::Tensor& part) { value.copy_(part); });
    }
  }
  return {};
}

Result<std::vector<TrainedParameter>> ParallelOptimiser::Collect() {
  std::vector<TrainedParameter> all = parameters();
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < all.size(); ++i) {
    if (steppers_[i] == 0) continue;  // the leader has it
    TrainedParameter& p = all[i];
    for (at::Tensor* tensor : {&p.master, &p.moment1, &p.moment2}) {
      const at::Tensor values = steppers_[i] == collective_.rank()
                                    ? tensor->detach().cpu().contiguous()
                                    : at::empty(p.value.sizes(), at::kFloat);
      GRE_RETURN_IF_ERROR(collective_.Broadcast(values, steppers_[i]));
      if (collective_.leads()) *tensor = values;
    }
  }
  return all;
}

Status ParallelOptimiser::Save(const std::string& directory, const TrainingPosition& position,
                               int keep) {
  GRE_ASSIGN_OR_RETURN(const std::vector<TrainedParameter> all, Collect());
  return collective_.Lead(
      [&] { return SaveTrainingState(directory, position, steps(), all, keep); });
}

Result<std::optional<TrainingPosition>> ParallelOptimiser::Load(const std::string& directory,
                                                                const std::string& settings) {
  auto position = LoadTrainingState(directory, settings, optimiser_);
  GRE_RETURN_IF_ERROR(collective_.Agree(position.ok() ? Status() : Status(position.error())));
  return position;
}

Status ParallelOptimiser::BeginTogether(const std::string& settings) {
  std::string dtypes;
  for (const TrainedParameter& parameter : parameters()) {
    dtypes += c10::toString(parameter.value.scalar_type());
  }
  GRE_RETURN_IF_ERROR(collective_.Same("settings, base, records", settings));
  GRE_RETURN_IF_ERROR(collective_.Same("element types (model.dtype)", dtypes));
  return collective_.Same("checkpoints", std::to_string(steps()));
}

}  // namespace gre
