#include "model/layers/image_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/nonzero.h>

namespace gre {

at::Tensor PutImageRows(const at::Tensor& rows, const at::Tensor& ids, int64_t placeholder,
                        std::span<const at::Tensor> image_features) {
  if (image_features.empty()) return rows;
  const at::Tensor features =
      at::cat(at::TensorList(image_features.data(), image_features.size())).to(rows.scalar_type());
  const at::Tensor places = (ids == placeholder).nonzero().flatten();
  TORCH_CHECK_VALUE(places.size(0) == features.size(0), "image rows: the prompt has ",
                    places.size(0), " image placeholders, the images have ", features.size(0),
                    " feature rows");
  return rows.index_copy(0, places, features);
}

}  // namespace gre
