#include "model/layers/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include "core/check.h"

namespace gre {
namespace {

// q [B, H, Tq, D], k and v [B, KV, Tk, D].
at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const std::optional<at::Tensor>& mask, bool causal) {
  return at::scaled_dot_product_attention(q, k, v, mask, /*dropout_p=*/0.0, causal,
                                          /*scale=*/std::nullopt,
                                          /*enable_gqa=*/q.size(1) != k.size(1));
}

// [B * T, H, D] -> [B, H, T, D], a view.
at::Tensor ToHeads(const at::Tensor& rows, int64_t batch) {
  return rows.unflatten(0, {batch, rows.size(0) / batch}).transpose(1, 2);
}

at::Tensor FromHeads(const at::Tensor& heads) { return heads.transpose(1, 2).flatten(0, 1); }

// The next chunk of a prompt against everything before it.
at::Tensor PromptAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           KvCache& cache, int64_t layer) {
  cache.WritePrompt(layer, k, v);
  const int64_t past = cache.prompt_length();
  if (past == 0) {
    return FromHeads(Attend(ToHeads(q, 1), ToHeads(k, 1), ToHeads(v, 1), {}, /*causal=*/true));
  }
  const int64_t rows = q.size(0);
  const at::Tensor mask = at::ones({rows, past + rows}, q.options().dtype(at::kBool)).tril(past);
  const at::Tensor keys = cache.prompt_keys(layer).narrow(1, 0, past + rows).unsqueeze(0);
  const at::Tensor values = cache.prompt_values(layer).narrow(1, 0, past + rows).unsqueeze(0);
  return FromHeads(Attend(ToHeads(q, 1), keys, values, mask, /*causal=*/false));
}

// One new token a sample. The query heads that share a kv head, of all samples, become rows of one
// product with the prompt's keys, so that the prompt is read once however many samples there are.
at::Tensor DecodeAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const AttentionSegment& segment, int64_t layer) {
  KvCache& cache = *segment.cache;
  cache.WriteCompletion(layer, segment.samples, k, v);
  const int64_t samples = q.size(0);
  const int64_t kv_heads = k.size(1);
  const int64_t group = q.size(1) / kv_heads;
  const int64_t dim = q.size(2);
  const int64_t prompt = cache.prompt_length();

  std::vector<int64_t> lengths;  // including the new token
  int64_t longest = 0;
  for (const int64_t sample : segment.samples) {
    lengths.push_back(cache.completion_length(sample) + 1);
    longest = std::max(longest, lengths.back());
  }
  at::Tensor keys = cache.completion_keys(layer).narrow(2, 0, longest);  // [G, KV, C, D]
  at::Tensor values = cache.completion_values(layer).narrow(2, 0, longest);
  if (samples != cache.shape().num_samples) {
    const at::Tensor chosen = at::tensor(segment.samples, at::kLong).to(q.device());
    keys = keys.index_select(0, chosen);
    values = values.index_select(0, chosen);
  }

  const double scale = 1.0 / std::sqrt(static_cast<double>(dim));
  const at::Tensor grouped = (q * scale).view({samples, kv_heads, group, dim});
  const at::Tensor folded =
      grouped.transpose(0, 1).reshape({kv_heads, samples * group, dim});  // [KV, S g, D]
  at::Tensor on_prompt =
      at::matmul(folded, cache.prompt_keys(layer).narrow(1, 0, prompt).transpose(1, 2))
          .view({kv_heads, samples, group, prompt})
          .transpose(0, 1);                                              // [S, KV, g, P]
  at::Tensor on_completion = at::matmul(grouped, keys.transpose(2, 3));  // [S, KV, g, C]
  const bool uneven =
      std::any_of(lengths.begin(), lengths.end(), [&](int64_t l) { return l != longest; });
  if (uneven) {
    const at::Tensor length = at::tensor(lengths, at::kLong).to(q.device()).view({-1, 1, 1, 1});
    on_completion = on_completion.masked_fill(at::arange(longest, length.options()).ge(length),
                                              -std::numeric_limits<float>::infinity());
  }
  const at::Tensor weights = at::softmax(at::cat({on_prompt, on_completion}, -1), -1, at::kFloat)
                                 .to(q.scalar_type());  // [S, KV, g, P + C]
  const at::Tensor prompt_weights =
      weights.narrow(3, 0, prompt).transpose(0, 1).reshape({kv_heads, samples * group, prompt});
  const at::Tensor from_prompt =
      at::matmul(prompt_weights, cache.prompt_values(layer).narrow(1, 0, prompt))
          .view({kv_heads, samples, group, dim})
          .transpose(0, 1);
  return at::matmul(weights.narrow(3, prompt, longest), values)
      .add_(from_prompt)
      .view({samples, kv_heads * group, dim});
}

}  // namespace

at::Tensor BlockAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          std::span<const int64_t> lengths, bool causal) {
  std::vector<at::Tensor> outputs;
  int64_t row = 0;
  for (size_t i = 0; i < lengths.size();) {
    size_t end = i + 1;
    while (end < lengths.size() && lengths[end] == lengths[i]) ++end;
    const auto batch = static_cast<int64_t>(end - i);
    const int64_t rows = batch * lengths[i];
    const auto heads = [&](const at::Tensor& x) { return ToHeads(x.narrow(0, row, rows), batch); };
    outputs.push_back(FromHeads(Attend(heads(q), heads(k), heads(v), {}, causal)));
    row += rows;
    i = end;
  }
  GRE_CHECK(row == q.size(0));
  return outputs.size() == 1 ? outputs.front() : at::cat(outputs);
}

at::Tensor SegmentAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            std::span<const AttentionSegment> segments, int64_t layer) {
  std::vector<at::Tensor> outputs;
  int64_t row = 0;
  for (size_t i = 0; i < segments.size();) {
    const AttentionSegment& segment = segments[i];
    GRE_CHECK(segment.begin == row && segment.rows > 0);
    int64_t rows = segment.rows;
    std::vector<int64_t> lengths = {rows};  // of this and the following cacheless sequences
    ++i;
    if (segment.cache == nullptr) {
      GRE_CHECK(segment.kind == AttentionSegment::Kind::kSequence);
      for (; i < segments.size() && segments[i].cache == nullptr; ++i) {
        lengths.push_back(segments[i].rows);
        rows += segments[i].rows;
      }
    }
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, row, rows); };
    if (segment.cache == nullptr) {
      outputs.push_back(BlockAttention(part(q), part(k), part(v), lengths, /*causal=*/true));
    } else if (segment.kind == AttentionSegment::Kind::kSequence) {
      outputs.push_back(PromptAttention(part(q), part(k), part(v), *segment.cache, layer));
    } else {
      outputs.push_back(DecodeAttention(part(q), part(k), part(v), segment, layer));
    }
    row += rows;
  }
  GRE_CHECK(row == q.size(0));
  return outputs.size() == 1 ? outputs.front() : at::cat(outputs);
}

void AdvanceCaches(std::span<const AttentionSegment> segments) {
  for (const AttentionSegment& segment : segments) {
    if (segment.cache == nullptr) continue;
    if (segment.kind == AttentionSegment::Kind::kSequence) {
      segment.cache->AdvancePrompt(segment.rows);
    } else {
      segment.cache->AdvanceCompletion(segment.samples);
    }
  }
}

}  // namespace gre
