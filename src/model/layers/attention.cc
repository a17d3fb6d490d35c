#include "model/layers/attention.h"

#include <limits>
#include <optional>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include "core/check.h"
#include "model/layers/decode_attention.h"

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
                           const at::Tensor& mask, KvCache& cache, int64_t layer) {
  cache.WritePrompt(layer, k, v);
  const int64_t past = cache.prompt_length();
  if (past == 0) {
    return FromHeads(Attend(ToHeads(q, 1), ToHeads(k, 1), ToHeads(v, 1), {}, /*causal=*/true));
  }
  const int64_t length = past + q.size(0);
  const at::Tensor keys = cache.prompt_keys(layer).narrow(1, 0, length).unsqueeze(0);
  const at::Tensor values = cache.prompt_values(layer).narrow(1, 0, length).unsqueeze(0);
  return FromHeads(Attend(ToHeads(q, 1), keys, values, mask, /*causal=*/false));
}

}  // namespace

AttentionStep::AttentionStep(std::span<const AttentionSegment> segments,
                             const at::TensorOptions& options)
    : segments_(segments), masks_(segments.size()) {
  for (size_t i = 0; i < segments.size(); ++i) {
    const AttentionSegment& segment = segments[i];
    const bool prompt = segment.kind == AttentionSegment::Kind::kSequence;
    int64_t past = prompt && segment.cache != nullptr ? segment.cache->prompt_length() : 0;
    if (segment.prefix >= 0) {
      GRE_CHECK(segment.prefix < static_cast<int64_t>(i) && segment.cache == nullptr);
      const AttentionSegment& prefix = segments[static_cast<size_t>(segment.prefix)];
      GRE_CHECK(prefix.cache == nullptr && prefix.prefix < 0);
      past = prefix.rows;
    }
    if (past == 0) continue;
    constexpr double kHidden = -std::numeric_limits<double>::infinity();
    masks_[i] = at::full({segment.rows, past + segment.rows}, kHidden, options).triu_(past + 1);
  }
}

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
                            const AttentionStep& step, int64_t layer) {
  const std::span<const AttentionSegment> segments = step.segments();
  std::vector<at::Tensor> outputs;
  int64_t row = 0;
  for (size_t i = 0; i < segments.size();) {
    const AttentionSegment& segment = segments[i];
    GRE_CHECK(segment.begin == row && segment.rows > 0);
    int64_t rows = segment.rows;
    const at::Tensor& mask = step.mask(i);
    std::vector<int64_t> lengths = {rows};  // of this and the following cacheless sequences
    ++i;
    if (segment.cache == nullptr && segment.prefix < 0) {
      GRE_CHECK(segment.kind == AttentionSegment::Kind::kSequence);
      for (; i < segments.size() && segments[i].cache == nullptr && segments[i].prefix < 0; ++i) {
        lengths.push_back(segments[i].rows);
        rows += segments[i].rows;
      }
    }
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, row, rows); };
    if (segment.prefix >= 0) {
      const AttentionSegment& prefix = segments[static_cast<size_t>(segment.prefix)];
      const auto with_prefix = [&](const at::Tensor& x) {
        return ToHeads(at::cat({x.narrow(0, prefix.begin, prefix.rows), part(x)}), 1);
      };
      outputs.push_back(FromHeads(Attend(ToHeads(part(q), 1), with_prefix(k), with_prefix(v), mask,
                                         /*causal=*/false)));
    } else if (segment.cache == nullptr) {
      outputs.push_back(BlockAttention(part(q), part(k), part(v), lengths, /*causal=*/true));
    } else if (segment.kind == AttentionSegment::Kind::kSequence) {
      outputs.push_back(PromptAttention(part(q), part(k), part(v), mask, *segment.cache, layer));
    } else {
      outputs.push_back(
          DecodeAttention(part(q), part(k), part(v), *segment.cache, segment.samples, layer));
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
