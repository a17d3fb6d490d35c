#include "model/embedding_parts.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace gre {

TextBatch MakeTextBatch(std::span<const TokenizedText> texts, at::Device device) {
  TextBatch batch;
  std::vector<int32_t> ids;
  for (const TokenizedText& text : texts) {
    ids.insert(ids.end(), text.ids.begin(), text.ids.end());
    batch.lengths.push_back(static_cast<int64_t>(text.ids.size()));
  }
  batch.ids = at::tensor(ids, at::kLong).to(device);
  return batch;
}

at::Tensor UnitRows(const at::Tensor& rows) {
  constexpr double kLeastNorm = 1e-12;
  return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(kLeastNorm);
}

}  // namespace gre
