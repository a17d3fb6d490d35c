#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tokenizer/wordpiece.h"

namespace gre {

// What BERT and CLIP share around their networks.

// Texts one after the other: what the networks' attention runs over text by text.
struct TextBatch {
  at::Tensor ids;                // int64 [sum of lengths]
  std::vector<int64_t> lengths;  // tokens of each text
};
TextBatch MakeTextBatch(std::span<const TokenizedText> texts, at::Device device);

// Each row of [N, C] divided by its L2 norm, as torch.nn.functional.normalize does.
at::Tensor UnitRows(const at::Tensor& rows);

}  // namespace gre
