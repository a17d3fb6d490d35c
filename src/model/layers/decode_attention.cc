#include "model/layers/decode_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include "model/layers/kernel_dispatch.h"

namespace gre {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// What both implementations start from, to give [S, H, D]. S samples, g query heads a kv head.
struct DecodeInputs {
  at::Tensor queries;  // [KV, S, g, D], scaled
  const KvCache& cache;
  const std::vector<int64_t>& samples;
  int64_t layer = 0;

  [[nodiscard]] int64_t length(int64_t i) const {  // including the new token
    return cache.completion_length(samples[static_cast<size_t>(i)]) + 1;
  }
};

// Partial results of `parts` sets of keys for `rows` queries each; whoever computes a part starts
// it.
class PartialAttention {
 public:
  PartialAttention(int64_t parts, int64_t rows, int64_t dim)
      : rows_(rows),
        dim_(dim),
        max_(at::empty({parts, rows}, at::kFloat)),
        sum_(at::empty({parts, rows}, at::kFloat)),
        out_(at::empty({parts, rows, dim}, at::kFloat)) {}

  // Of a part, from a row on.
  [[nodiscard]] AttentionState From(int64_t part, int64_t row) const {
    const int64_t index = part * rows_ + row;
    return {max_.mutable_data_ptr<float>() + index, sum_.mutable_data_ptr<float>() + index,
            out_.mutable_data_ptr<float>() + index * dim_};
  }
  [[nodiscard]] AttentionState Start(int64_t part, int64_t row, int64_t row_count) const {
    const AttentionState state = From(part, row);
    std::fill_n(state.max, row_count, kNothing);
    std::fill_n(state.sum, row_count, 0.0f);
    std::fill_n(state.out, row_count * dim_, 0.0f);
    return state;
  }

 private:
  int64_t rows_;
  int64_t dim_;
  at::Tensor max_, sum_, out_;
};

// In two rounds of tasks that threads share (flash decoding): first ranges of the prompt's keys
// with the rows of all samples, then each sample's own keys, to which the ranges are added.
at::Tensor KernelAttention(const DecodeInputs& inputs) {
  constexpr int64_t kKeysPerTask = 128;
  constexpr int64_t kParallelWork = 1 << 18;  // multiplications below which one thread is faster
  const KvCache& cache = inputs.cache;
  const at::Tensor queries = inputs.queries.contiguous();
  const int64_t kv_heads = queries.size(0);
  const int64_t samples = queries.size(1);
  const int64_t group = queries.size(2);
  const int64_t dim = queries.size(3);
  const int64_t head_rows = samples * group;
  const int64_t rows = kv_heads * head_rows;
  const int64_t prompt = cache.prompt_length();
  const int64_t ranges = (prompt + kKeysPerTask - 1) / kKeysPerTask;
  const PartialAttention parts(ranges + 1, rows, dim);  // the last: the samples' own keys
  at::Tensor result = at::empty({samples, kv_heads * group, dim}, at::kFloat);
  const float* query = queries.const_data_ptr<float>();
  float* out = result.mutable_data_ptr<float>();

  // Keys [begin, begin + count) of the leading index `first` of [.., T, D] tensors.
  const auto accumulate = [&](auto type, int64_t row, int64_t row_count, const at::Tensor& keys,
                              const at::Tensor& values, int64_t first, int64_t begin, int64_t count,
                              const AttentionState& state) {
    const int64_t offset = (first * keys.size(-2) + begin) * dim;
    AccumulateAttention(query + row * dim, row_count, Data(keys, type) + offset,
                        Data(values, type) + offset, count, dim, state);
  };
  const auto run_range = [&](auto type, int64_t task) {
    const int64_t row = task / ranges * head_rows;
    const int64_t begin = task % ranges * kKeysPerTask;
    accumulate(type, row, head_rows, cache.prompt_keys(inputs.layer),
               cache.prompt_values(inputs.layer), task / ranges, begin,
               std::min(kKeysPerTask, prompt - begin), parts.Start(task % ranges, row, head_rows));
  };
  const auto run_sample = [&](auto type, int64_t task) {
    const int64_t head = task / samples;
    const int64_t index = task % samples;
    const int64_t row = task * group;
    const AttentionState total = parts.Start(ranges, row, group);
    accumulate(type, row, group, cache.completion_keys(inputs.layer),
               cache.completion_values(inputs.layer),
               inputs.samples[static_cast<size_t>(index)] * kv_heads + head, 0,
               inputs.length(index), total);
    for (int64_t range = 0; range < ranges; ++range) {
      CombineAttention(parts.From(range, row), group, dim, total);
    }
    float* to = out + (index * kv_heads + head) * group * dim;
    for (int64_t i = 0; i < group; ++i) {
      for (int64_t d = 0; d < dim; ++d) to[i * dim + d] = total.out[i * dim + d] / total.sum[i];
    }
  };
  const bool small = rows * prompt * dim < kParallelWork;
  const auto share = [&](int64_t tasks, const auto& run) {
    at::parallel_for(0, tasks, small ? tasks : 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) run(task);
    });
  };
  ForKernelType(cache.prompt_keys(inputs.layer).scalar_type(), [&](auto type) {
    share(kv_heads * ranges, [&](int64_t task) { run_range(type, task); });
    share(kv_heads * samples, [&](int64_t task) { run_sample(type, task); });
  });
  return result;
}

// The same with LibTorch's operators, for other devices and types.
at::Tensor OperatorAttention(const DecodeInputs& inputs) {
  const KvCache& cache = inputs.cache;
  const at::Tensor& queries = inputs.queries;
  const int64_t kv_heads = queries.size(0);
  const int64_t samples = queries.size(1);
  const int64_t group = queries.size(2);
  const int64_t dim = queries.size(3);
  const int64_t prompt = cache.prompt_length();
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < samples; ++i) lengths.push_back(inputs.length(i));
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  const auto indexes = at::TensorOptions().dtype(at::kLong).device(queries.device());
  const auto own = [&](const at::Tensor& completions) {  // -> [KV, S, longest, D]
    at::Tensor part = completions.narrow(2, 0, longest);
    if (samples != cache.shape().num_samples) {
      part = part.index_select(0, at::tensor(inputs.samples, indexes));
    }
    return part.transpose(0, 1);
  };
  const at::Tensor prompt_keys = cache.prompt_keys(inputs.layer).narrow(1, 0, prompt);
  const at::Tensor prompt_values = cache.prompt_values(inputs.layer).narrow(1, 0, prompt);
  const at::Tensor on_prompt =
      at::matmul(queries.flatten(1, 2), prompt_keys.transpose(1, 2))  // [KV, S g, P]
          .view({kv_heads, samples, group, prompt});
  at::Tensor on_own = at::matmul(queries, own(cache.completion_keys(inputs.layer)).transpose(2, 3));
  if (std::any_of(lengths.begin(), lengths.end(), [&](int64_t l) { return l != longest; })) {
    const at::Tensor length = at::tensor(lengths, indexes).view({1, -1, 1, 1});
    on_own.masked_fill_(at::arange(longest, indexes).ge(length), kNothing);
  }
  const at::Tensor weights = at::softmax(at::cat({on_prompt, on_own}, -1), -1, at::kFloat)
                                 .to(queries.scalar_type());  // [KV, S, g, P + C]
  const at::Tensor from_prompt =
      at::matmul(weights.narrow(3, 0, prompt).flatten(1, 2), prompt_values);
  return at::matmul(weights.narrow(3, prompt, longest), own(cache.completion_values(inputs.layer)))
      .add_(from_prompt.view({kv_heads, samples, group, dim}))
      .transpose(0, 1)
      .flatten(1, 2);
}

}  // namespace

at::Tensor DecodeAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           KvCache& cache, const std::vector<int64_t>& samples, int64_t layer) {
  cache.WriteCompletion(layer, samples, k, v);
  const int64_t dim = q.size(2);
  const bool kernels =
      UsesKernels(cache.prompt_keys(layer)) && UsesKernels(q) && dim <= kMaxHeadDim;
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim));
  const at::Tensor queries =
      (kernels ? q.to(at::kFloat) : q).unflatten(1, {k.size(1), -1}).transpose(0, 1) * scale;
  const DecodeInputs inputs = {queries, cache, samples, layer};
  const at::Tensor attended = kernels ? KernelAttention(inputs) : OperatorAttention(inputs);
  return attended.to(q.scalar_type());
}

}  // namespace gre
