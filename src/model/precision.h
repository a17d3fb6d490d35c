#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "model/model_options.h"

namespace gre {

// Whether this processor multiplies bfloat16 (AVX512_BF16, and with it AMX). LibTorch computes with
// it elsewhere too, but slower than in float32.
bool HasBFloat16Kernels();

// "bfloat16"
std::string DtypeName(at::ScalarType dtype);
// "bfloat16, float32"
std::string DtypeNames(std::span<const at::ScalarType> dtypes);

// What decides the dtype that a model runs in.
struct PrecisionInputs {
  at::ScalarType stored = at::kBFloat16;  // of most weights in the files
  int64_t parameters = 0;
  bool fast_bfloat16 = false;  // HasBFloat16Kernels(), or a GPU
};
struct Precision {
  at::ScalarType dtype = at::kFloat;
  std::string reason;  // for the log
};
// options.dtype, or else: float32 for weights stored so, bfloat16 for others where it is fast or
// where float32 does not fit. kUnavailable, with what is needed and what is free, when the weights
// do not fit into options.memory_bytes.
Result<Precision> ChoosePrecision(const ModelLoadOptions& options, const PrecisionInputs& inputs);

}  // namespace gre
