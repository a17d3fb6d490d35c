#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gre {

// Keys and values of one prompt and of the G samples drawn from it. The prompt part is stored once
// and read once per decode step for all samples. Not thread-safe.
class KvCache {
 public:
  struct Shape {
    int64_t num_layers = 0;
    int64_t num_kv_heads = 0;
    int64_t head_dim = 0;
    int64_t prompt_capacity = 0;      // tokens
    int64_t num_samples = 1;          // G
    int64_t completion_capacity = 0;  // tokens per sample at most
  };
  // Memory for completions is taken in blocks of so many tokens, as they grow.
  static constexpr int64_t kCompletionBlock = 128;

  KvCache(const Shape& shape, at::ScalarType dtype, at::Device device);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] int64_t prompt_length() const { return prompt_length_; }
  [[nodiscard]] int64_t completion_length(int64_t sample) const {
    return completion_lengths_[static_cast<size_t>(sample)];
  }

  // keys, values: [T, kv_heads, head_dim]. Layers append in turn; the lengths advance with
  // AdvancePrompt / AdvanceCompletion once all layers of a step have written.
  void WritePrompt(int64_t layer, const at::Tensor& keys, const at::Tensor& values);
  void AdvancePrompt(int64_t tokens) { prompt_length_ += tokens; }
  // keys, values: [samples.size(), kv_heads, head_dim], one new token for each named sample.
  void WriteCompletion(int64_t layer, const std::vector<int64_t>& samples, const at::Tensor& keys,
                       const at::Tensor& values);
  void AdvanceCompletion(const std::vector<int64_t>& samples);

  // [kv_heads, prompt_capacity, head_dim] and [G, kv_heads, blocks * kCompletionBlock, head_dim].
  [[nodiscard]] const at::Tensor& prompt_keys(int64_t layer) const;
  [[nodiscard]] const at::Tensor& prompt_values(int64_t layer) const;
  [[nodiscard]] const at::Tensor& completion_keys(int64_t layer) const;
  [[nodiscard]] const at::Tensor& completion_values(int64_t layer) const;

 private:
  void GrowCompletions(int64_t layer, int64_t length);

  Shape shape_;
  int64_t prompt_length_ = 0;
  std::vector<int64_t> completion_lengths_;
  std::vector<at::Tensor> prompt_keys_, prompt_values_, completion_keys_, completion_values_;
};

}  // namespace gre
