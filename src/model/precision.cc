#include "model/precision.h"

#include <c10/core/ScalarType.h>

#include "core/strings.h"
#include "model/layers/linear.h"

namespace gre {
namespace {

std::string Gibibytes(int64_t bytes) {
  return FormatFixed(static_cast<double>(bytes) / (int64_t{1} << 30), 1) + " GiB";
}

}  // namespace

bool HasBFloat16Kernels() {
  return CanPack(at::kBFloat16, at::kCPU) && __builtin_cpu_supports("avx512bf16") != 0;
}

std::string DtypeName(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    default:
      return c10::toString(dtype);
  }
}

std::string DtypeNames(std::span<const at::ScalarType> dtypes) {
  std::string names;
  for (const at::ScalarType dtype : dtypes) names += (names.empty() ? "" : ", ") + DtypeName(dtype);
  return names;
}

Result<Precision> ChoosePrecision(const ModelLoadOptions& options, const PrecisionInputs& inputs) {
  const auto bytes = [&](at::ScalarType dtype) {
    return inputs.parameters * static_cast<int64_t>(c10::elementSize(dtype));
  };
  const auto fits = [&](at::ScalarType dtype) {
    return options.memory_bytes == 0 || bytes(dtype) <= options.memory_bytes;
  };
  Precision chosen;
  if (options.dtype) {
    chosen = {*options.dtype, "as asked for"};
  } else if (inputs.stored == at::kFloat) {
    chosen = {at::kFloat, "as stored"};
  } else if (inputs.fast_bfloat16) {
    chosen = {at::kBFloat16, "stored as " + DtypeName(inputs.stored)};
  } else if (fits(at::kFloat)) {
    chosen = {at::kFloat, "this processor is slow in bfloat16"};
  } else {
    chosen = {at::kBFloat16, "slow on this processor, but float32 (" +
                                 Gibibytes(bytes(at::kFloat)) + ") does not fit"};
  }
  if (fits(chosen.dtype)) return chosen;
  const bool halves = chosen.dtype == at::kFloat && fits(at::kBFloat16);
  return Error{ErrorCode::kUnavailable,
               "the weights need " + Gibibytes(bytes(chosen.dtype)) + " of memory in " +
                   DtypeName(chosen.dtype) + ", " + Gibibytes(options.memory_bytes) +
                   " are free; " +
                   (halves ? "use the dtype bfloat16"
                           : "end other programs, raise the container's limit or use a smaller "
                             "model")};
}

}  // namespace gre
