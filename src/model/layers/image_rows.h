#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

namespace gre {

// `rows` [T, hidden] with the images' feature rows, in order, at the places where `ids` [T] hold
// `placeholder`. Throws (LibTorch's ValueError) unless there are as many places as rows.
at::Tensor PutImageRows(const at::Tensor& rows, const at::Tensor& ids, int64_t placeholder,
                        std::span<const at::Tensor> image_features);

}  // namespace gre
