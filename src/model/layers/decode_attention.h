#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/kv_cache.h"

namespace gre {

// Attention of one new token for each of `samples` over the cache's prompt and their own
// completions. q: [S, H, D]; k, v: [S, KV, D], which are appended to the cache first (its lengths
// stay) -> [S, H, D].
//
// The query heads that share a kv head, of all samples, are treated as rows of one product with the
// prompt's keys, so that the prompt is read once however many samples there are.
at::Tensor DecodeAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           KvCache& cache, const std::vector<int64_t>& samples, int64_t layer);

}  // namespace gre
