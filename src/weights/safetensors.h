#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Element types of the safetensors format (github.com/huggingface/safetensors).
enum class TensorDtype {
  kF4,
  kF6E2M3,
  kF6E3M2,
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kF8E8M0,
  kF8E4M3Fnuz,
  kF8E5M2Fnuz,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kC64,
  kF64,
  kI64,
  kU64,
};
std::string_view TensorDtypeName(TensorDtype dtype);  // as in files: "BF16"
std::optional<TensorDtype> TensorDtypeFromName(std::string_view name);
int TensorDtypeBits(TensorDtype dtype);

// One tensor of a file: row-major, little-endian.
struct TensorEntry {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;
  std::vector<int64_t> shape;  // empty = scalar
  size_t offset = 0;           // of its first byte in the file
  size_t size = 0;             // bytes
};

// "[2048, 11008]"
std::string ShapeText(std::span<const int64_t> shape);

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // in file order
  std::map<std::string, std::string> metadata;
};

// Checks everything that can be checked without knowing the model: sizes against the file, unique
// names, no holes or overlaps, shapes that agree with byte counts. Untrusted input; errors name the
// tensor, the expected and the found.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::span<const std::byte> file);

// A tensor to write; `data` is borrowed.
struct TensorData {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;
};

// Writes the file atomically, the largest element types first and then by name, data starting at a
// multiple of 8; equal content gives equal bytes. Tensor sizes and names are the caller's promise.
Status WriteSafetensors(const std::string& path, std::vector<TensorData> tensors,
                        const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace gre
