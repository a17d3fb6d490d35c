#include "training/parallel/gradient_sum.h"

#include <map>
#include <optional>
#include <string_view>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include "core/strings.h"

namespace gre {
namespace {

int64_t LayerOf(std::string_view name) {
  constexpr std::string_view kLayers = ".layers.";
  const size_t begin = name.find(kLayers);
  if (begin == std::string_view::npos) return -1;
  const std::string_view rest = name.substr(begin + kLayers.size());
  return ParseInt(rest.substr(0, rest.find('.'))).value_or(-1);
}

}  // namespace

GradientSum::GradientSum(Collective& collective, const std::vector<TrainedParameter>& parameters)
    : collective_(collective) {
  if (collective.size() == 1) return;
  std::map<int64_t, Bucket, std::greater<>> by_layer;
  for (const TrainedParameter& parameter : parameters) {
    const int64_t layer = LayerOf(parameter.name);
    Bucket& bucket = by_layer[layer];
    bucket.layer = layer;
    bucket.parameters.push_back(&parameter);
  }
  for (auto& [layer, bucket] : by_layer) {
    int64_t size = 0;
    for (const TrainedParameter* parameter : bucket.parameters) size += parameter->value.numel();
    bucket.values = at::empty({size}, at::kFloat);
    buckets_.push_back(std::move(bucket));
  }
}

void GradientSum::Send(Bucket& bucket) {
  const at::NoGradGuard no_grad;
  int64_t begin = 0;
  for (const TrainedParameter* parameter : bucket.parameters) {
    const int64_t size = parameter->value.numel();
    at::Tensor part = bucket.values.narrow(0, begin, size);
    const at::Tensor& gradient = parameter->value.grad();
    if (gradient.defined()) {
      part.copy_(gradient.reshape({-1}));
    } else {
      part.zero_();
    }
    begin += size;
  }
  collective_.StartSum(bucket.values);
}

void GradientSum::LayerDone(int64_t layer) {
  while (sent_ < buckets_.size() && layer >= 0 && buckets_[sent_].layer >= layer) {
    Send(buckets_[sent_++]);
  }
}

Status GradientSum::Finish() {
  while (sent_ < buckets_.size()) Send(buckets_[sent_++]);
  sent_ = 0;
  GRE_RETURN_IF_ERROR(collective_.Wait());
  const at::NoGradGuard no_grad;
  for (const Bucket& bucket : buckets_) {
    int64_t begin = 0;
    for (const TrainedParameter* parameter : bucket.parameters) {
      const int64_t size = parameter->value.numel();
      at::Tensor& gradient = parameter->value.mutable_grad();
      if (!gradient.defined()) gradient = at::zeros_like(parameter->value);
      gradient.copy_(bucket.values.narrow(0, begin, size).view(gradient.sizes()));
      begin += size;
    }
  }
  return {};
}

}  // namespace gre
