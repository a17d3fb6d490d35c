#include "model/layers/decode_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "model/layers/kernel_dispatch.h"

namespace gre {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// What both implementations start from. S samples, g query heads a kv head.
struct DecodeInputs {
  at::Tensor queries;  // [KV, S, g, D], scaled
  const KvCache& cache;
  const std::vector<int64_t>& samples;
  int64_t layer = 0;

  [[nodiscard]] int64_t length(int64_t i) const {  // including the new token
    return cache.completion_length(samples[static_cast<size_t>(i)]) + 1;
  }
};

// Partial results of all query rows over one part of the keys.
class PartialAttention {
 public:
  PartialAttention(int64_t rows, int64_t dim)
      : dim_(dim),
        max_(at::full({rows}, kNothing, at::kFloat)),
        sum_(at::zeros({rows}, at::kFloat)),
        out_(at::zeros({rows, dim}, at::kFloat)) {}
  [[nodiscard]] AttentionState From(int64_t row) const {
    return {max_.mutable_data_ptr<float>() + row, sum_.mutable_data_ptr<float>() + row,
            out_.mutable_data_ptr<float>() + row * dim_};
  }
  [[nodiscard]] at::Tensor Normalised() const { return out_ / sum_.unsqueeze(1); }

 private:
  int64_t dim_;
  at::Tensor max_, sum_, out_;
};

// Keys in tasks that threads share: ranges of the prompt with the rows of all samples, and each
// sample's own completion.
at::Tensor KernelAttention(const DecodeInputs& inputs) {
  constexpr int64_t kKeysPerTask = 512;
  constexpr int64_t kParallelWork = 1 << 18;  // multiplications below which one thread is faster
  const KvCache& cache = inputs.cache;
  const at::Tensor queries = inputs.queries.to(at::kFloat).contiguous();
  const int64_t kv_heads = queries.size(0);
  const int64_t samples = queries.size(1);
  const int64_t group = queries.size(2);
  const int64_t dim = queries.size(3);
  const int64_t head_rows = samples * group;
  const int64_t rows = kv_heads * head_rows;
  const int64_t prompt = cache.prompt_length();
  const int64_t ranges = (prompt + kKeysPerTask - 1) / kKeysPerTask;
  std::vector<PartialAttention> parts;  // of each range, then of the completions
  for (int64_t i = 0; i <= ranges; ++i) parts.emplace_back(rows, dim);
  const float* query = queries.const_data_ptr<float>();

  const auto run = [&](auto type, int64_t task) {
    const auto accumulate = [&](const PartialAttention& part, int64_t row, int64_t row_count,
                                const at::Tensor& keys, const at::Tensor& values, int64_t first,
                                int64_t begin, int64_t count) {
      const int64_t offset = first * keys.size(-2) * dim + begin * dim;  // `first`: leading index
      AccumulateAttention(query + row * dim, row_count, Data(keys, type) + offset,
                          Data(values, type) + offset, count, dim, part.From(row));
    };
    if (task < kv_heads * ranges) {
      const int64_t head = task / ranges;
      const int64_t begin = task % ranges * kKeysPerTask;
      accumulate(parts[static_cast<size_t>(task % ranges)], head * head_rows, head_rows,
                 cache.prompt_keys(inputs.layer), cache.prompt_values(inputs.layer), head, begin,
                 std::min(kKeysPerTask, prompt - begin));
    } else {
      const int64_t index = task - kv_heads * ranges;
      const int64_t head = index / samples;
      const int64_t sample = inputs.samples[static_cast<size_t>(index % samples)];
      accumulate(parts.back(), index * group, group, cache.completion_keys(inputs.layer),
                 cache.completion_values(inputs.layer), sample * kv_heads + head, 0,
                 inputs.length(index % samples));
    }
  };
  const int64_t tasks = kv_heads * (ranges + samples);
  const int64_t grain = rows * prompt * dim < kParallelWork ? tasks : 1;
  ForKernelType(cache.prompt_keys(inputs.layer).scalar_type(), [&](auto type) {
    at::parallel_for(0, tasks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) run(type, task);
    });
  });
  for (int64_t part = 0; part < ranges; ++part) {
    CombineAttention(parts[static_cast<size_t>(part)].From(0), rows, dim, parts.back().From(0));
  }
  return parts.back().Normalised().view({kv_heads, samples, group, dim});
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
      .add_(from_prompt.view({kv_heads, samples, group, dim}));
}

}  // namespace

at::Tensor DecodeAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           KvCache& cache, const std::vector<int64_t>& samples, int64_t layer) {
  cache.WriteCompletion(layer, samples, k, v);
  const int64_t dim = q.size(2);
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim));
  const at::Tensor queries = q.unflatten(1, {k.size(1), -1}).transpose(0, 1).contiguous() * scale;
  const DecodeInputs inputs = {queries, cache, samples, layer};
  const bool kernels = UsesKernels(cache.prompt_keys(layer)) && UsesKernels(q) &&
                       dim % kKernelLanes == 0 && dim <= kMaxHeadDim;
  const at::Tensor attended = kernels ? KernelAttention(inputs) : OperatorAttention(inputs);
  return attended.transpose(0, 1).flatten(1, 2).to(q.scalar_type());  // [S, H, D]
}

}  // namespace gre
