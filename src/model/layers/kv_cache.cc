#include "model/layers/kv_cache.h"

#include <algorithm>
#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/check.h"

namespace gre {
namespace {

// target[sample, :, position] = source[row]. Memory copies where they do: one token needs two of
// these for every sample and layer, and operators would cost more than the bytes.
void WriteToken(const at::Tensor& target, int64_t sample, int64_t position,
                const at::Tensor& source, int64_t row) {
  if (!target.is_cpu() || source.scalar_type() != target.scalar_type() || source.stride(2) != 1) {
    target[sample].select(1, position).copy_(source[row]);
    return;
  }
  const auto item = static_cast<int64_t>(target.element_size());
  auto* to = static_cast<char*>(target.mutable_data_ptr());
  const auto* from = static_cast<const char*>(source.const_data_ptr());
  for (int64_t head = 0; head < target.size(1); ++head) {
    std::memcpy(
        to + (sample * target.stride(0) + head * target.stride(1) + position * target.stride(2)) *
                 item,
        from + (row * source.stride(0) + head * source.stride(1)) * item,
        static_cast<size_t>(target.size(3) * item));
  }
}

// The same for several samples at one position, in one operation: elsewhere each costs a launch.
void WriteTokens(const at::Tensor& target, const std::vector<int64_t>& samples, int64_t position,
                 const at::Tensor& source) {
  const at::Tensor slots = target.select(2, position);  // [S, KV, D]
  if (static_cast<int64_t>(samples.size()) == target.size(0) && std::ranges::is_sorted(samples)) {
    slots.copy_(source);
  } else {
    slots.index_copy_(0, at::tensor(samples, at::kLong).to(target.device()), source);
  }
}

}  // namespace

KvCache::KvCache(const Shape& shape, at::ScalarType dtype, at::Device device)
    : shape_(shape), completion_lengths_(static_cast<size_t>(shape.num_samples), 0) {
  const auto options = at::TensorOptions().dtype(dtype).device(device);
  const auto prompt = [&] {
    return at::empty({shape.num_kv_heads, shape.prompt_capacity, shape.head_dim}, options);
  };
  const auto completion = [&] {
    return at::empty({shape.num_samples, shape.num_kv_heads, 0, shape.head_dim}, options);
  };
  for (int64_t layer = 0; layer < shape.num_layers; ++layer) {
    prompt_keys_.push_back(prompt());
    prompt_values_.push_back(prompt());
    completion_keys_.push_back(completion());
    completion_values_.push_back(completion());
  }
}

void KvCache::WritePrompt(int64_t layer, const at::Tensor& keys, const at::Tensor& values) {
  const int64_t tokens = keys.size(0);
  GRE_CHECK(prompt_length_ + tokens <= shape_.prompt_capacity);
  const auto write = [&](const at::Tensor& target, const at::Tensor& source) {
    target.narrow(1, prompt_length_, tokens).copy_(source.transpose(0, 1));
  };
  write(prompt_keys(layer), keys);
  write(prompt_values(layer), values);
}

void KvCache::GrowCompletions(int64_t layer, int64_t length) {
  GRE_CHECK(length <= shape_.completion_capacity);
  const auto grow = [&](at::Tensor& tensor) {
    const int64_t held = tensor.size(2);
    if (length <= held) return;
    const int64_t blocks = (length + kCompletionBlock - 1) / kCompletionBlock;
    std::vector<int64_t> sizes = tensor.sizes().vec();
    sizes[2] = std::min(blocks * kCompletionBlock, shape_.completion_capacity);
    // Zeros: operators multiply what stands behind a short completion by a weight of zero.
    at::Tensor larger = at::zeros(sizes, tensor.options());
    larger.narrow(2, 0, held).copy_(tensor);
    tensor = larger;
  };
  grow(completion_keys_[static_cast<size_t>(layer)]);
  grow(completion_values_[static_cast<size_t>(layer)]);
}

void KvCache::WriteCompletion(int64_t layer, const std::vector<int64_t>& samples,
                              const at::Tensor& keys, const at::Tensor& values) {
  GRE_CHECK(keys.size(0) == static_cast<int64_t>(samples.size()));
  int64_t longest = 0;
  for (const int64_t sample : samples) longest = std::max(longest, completion_length(sample) + 1);
  GrowCompletions(layer, longest);
  const auto write = [&](const at::Tensor& target, const at::Tensor& source) {
    if (!target.is_cpu() && std::ranges::all_of(samples, [&](int64_t sample) {
          return completion_length(sample) + 1 == longest;
        })) {
      WriteTokens(target, samples, longest - 1, source);
      return;
    }
    for (size_t i = 0; i < samples.size(); ++i) {
      WriteToken(target, samples[i], completion_length(samples[i]), source,
                 static_cast<int64_t>(i));
    }
  };
  write(completion_keys(layer), keys);
  write(completion_values(layer), values);
}

void KvCache::AdvanceCompletion(const std::vector<int64_t>& samples) {
  for (const int64_t sample : samples) ++completion_lengths_[static_cast<size_t>(sample)];
}

const at::Tensor& KvCache::prompt_keys(int64_t layer) const {
  return prompt_keys_[static_cast<size_t>(layer)];
}
const at::Tensor& KvCache::prompt_values(int64_t layer) const {
  return prompt_values_[static_cast<size_t>(layer)];
}
const at::Tensor& KvCache::completion_keys(int64_t layer) const {
  return completion_keys_[static_cast<size_t>(layer)];
}
const at::Tensor& KvCache::completion_values(int64_t layer) const {
  return completion_values_[static_cast<size_t>(layer)];
}

}  // namespace gre
