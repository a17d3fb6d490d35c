#include "model/gre_nano/preprocess.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include "image/resize.h"

namespace gre {

at::Tensor NormalisedPixels(const RgbImage& image) {
  // from_blob wants a mutable pointer; the tensor is only read.
  auto* data = const_cast<uint8_t*>(image.pixels.data());
  const at::Tensor bytes = at::from_blob(data, {1, image.height, image.width, 3}, at::kByte);
  return ((bytes.to(at::kFloat) - 127) / 128).permute({0, 3, 1, 2});
}

at::Tensor PreparePixels(const RgbImage& image, int64_t size) {
  const int side = static_cast<int>(size);
  return NormalisedPixels(Resize(image, {side, side}, ResizeFilter::kBilinear));
}

}  // namespace gre
