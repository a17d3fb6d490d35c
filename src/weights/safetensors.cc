#include "weights/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"

namespace gre {
namespace {

struct DtypeRow {
  TensorDtype dtype;
  std::string_view name;
  int bits;
};
constexpr std::array kDtypes = {
    DtypeRow{TensorDtype::kF4, "F4", 4},
    DtypeRow{TensorDtype::kF6E2M3, "F6_E2M3", 6},
    DtypeRow{TensorDtype::kF6E3M2, "F6_E3M2", 6},
    DtypeRow{TensorDtype::kBool, "BOOL", 8},
    DtypeRow{TensorDtype::kU8, "U8", 8},
    DtypeRow{TensorDtype::kI8, "I8", 8},
    DtypeRow{TensorDtype::kF8E5M2, "F8_E5M2", 8},
    DtypeRow{TensorDtype::kF8E4M3, "F8_E4M3", 8},
    DtypeRow{TensorDtype::kF8E8M0, "F8_E8M0", 8},
    DtypeRow{TensorDtype::kF8E4M3Fnuz, "F8_E4M3FNUZ", 8},
    DtypeRow{TensorDtype::kF8E5M2Fnuz, "F8_E5M2FNUZ", 8},
    DtypeRow{TensorDtype::kI16, "I16", 16},
    DtypeRow{TensorDtype::kU16, "U16", 16},
    DtypeRow{TensorDtype::kF16, "F16", 16},
    DtypeRow{TensorDtype::kBF16, "BF16", 16},
    DtypeRow{TensorDtype::kI32, "I32", 32},
    DtypeRow{TensorDtype::kU32, "U32", 32},
    DtypeRow{TensorDtype::kF32, "F32", 32},
    DtypeRow{TensorDtype::kC64, "C64", 64},
    DtypeRow{TensorDtype::kF64, "F64", 64},
    DtypeRow{TensorDtype::kI64, "I64", 64},
    DtypeRow{TensorDtype::kU64, "U64", 64},
};
constexpr bool IndexedByDtype() {
  for (size_t i = 0; i < kDtypes.size(); ++i) {
    if (static_cast<size_t>(kDtypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(IndexedByDtype());

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxRank = 64;

Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

Error InvalidTensor(const std::string& name, const std::string& message) {
  return Invalid("tensor '" + name + "': " + message);
}

std::optional<uint64_t> ToUnsigned(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

// Bits of all elements, or nothing when the product leaves 63 bits.
std::optional<uint64_t> TotalBits(std::span<const int64_t> shape, TensorDtype dtype) {
  uint64_t bits = static_cast<uint64_t>(TensorDtypeBits(dtype));
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(bits, static_cast<uint64_t>(extent), &bits) ||
               bits > static_cast<uint64_t>(INT64_MAX)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : bits;
}

// `offset` of the result is relative to the data buffer.
Result<TensorEntry> ParseEntry(const std::string& name, const Json& value) {
  if (!value.is_object()) return InvalidTensor(name, "expected an object");
  TensorEntry entry;
  entry.name = name;
  const Json* offsets = nullptr;
  bool has_dtype = false;
  bool has_shape = false;
  for (const auto& [key, field] : value.items()) {
    if (key == "dtype") {
      const auto dtype = field.is_string()
                             ? TensorDtypeFromName(field.get_ref<const std::string&>())
                             : std::nullopt;
      if (!dtype) return InvalidTensor(name, "unknown dtype " + DumpJson(field).substr(0, 40));
      entry.dtype = *dtype;
      has_dtype = true;
    } else if (key == "shape") {
      if (!field.is_array() || field.size() > kMaxRank) {
        return InvalidTensor(
            name, "shape: expected an array of at most " + std::to_string(kMaxRank) + " extents");
      }
      for (const Json& extent : field) {
        const auto number = ToUnsigned(extent);
        if (!number || *number > static_cast<uint64_t>(INT64_MAX)) {
          return InvalidTensor(name, "shape: expected non-negative integers, found " +
                                         DumpJson(extent).substr(0, 40));
        }
        entry.shape.push_back(static_cast<int64_t>(*number));
      }
      has_shape = true;
    } else if (key == "data_offsets") {
      offsets = &field;
    } else {
      return InvalidTensor(name, "unknown key '" + key + "'");
    }
  }
  if (!has_dtype || !has_shape || offsets == nullptr || !offsets->is_array() ||
      offsets->size() != 2) {
    return InvalidTensor(name, "expected dtype, shape and data_offsets [begin, end]");
  }
  const auto begin = ToUnsigned((*offsets)[0]);
  const auto end = ToUnsigned((*offsets)[1]);
  if (!begin || !end || *begin > *end) {
    return InvalidTensor(
        name, "data_offsets: expected begin <= end, found " + DumpJson(*offsets).substr(0, 60));
  }
  entry.offset = static_cast<size_t>(*begin);
  entry.size = static_cast<size_t>(*end - *begin);
  const auto bits = TotalBits(entry.shape, entry.dtype);
  if (!bits || *bits % 8 != 0 || *bits / 8 != entry.size) {
    return InvalidTensor(
        name, "expected " + (bits && *bits % 8 == 0 ? std::to_string(*bits / 8) : "whole") +
                  " bytes for " + std::string(TensorDtypeName(entry.dtype)) + " " +
                  ShapeText(entry.shape) + ", found " + std::to_string(entry.size));
  }
  return entry;
}

Status ParseMetadata(const Json& value, SafetensorsHeader& header) {
  if (!value.is_object()) return Invalid("__metadata__: expected an object of strings");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) return Invalid("__metadata__: '" + key + "' is not a string");
    header.metadata.emplace(key, text.get<std::string>());
  }
  return {};
}

}  // namespace

std::string_view TensorDtypeName(TensorDtype dtype) {
  return kDtypes[static_cast<size_t>(dtype)].name;
}

std::optional<TensorDtype> TensorDtypeFromName(std::string_view name) {
  for (const DtypeRow& row : kDtypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

int TensorDtypeBits(TensorDtype dtype) { return kDtypes[static_cast<size_t>(dtype)].bits; }

std::string ShapeText(std::span<const int64_t> shape) {
  std::string text = "[";
  for (const int64_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

Result<SafetensorsHeader> ParseSafetensorsHeader(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) {
    return Invalid("expected a safetensors file, found " + std::to_string(file.size()) + " bytes");
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(file[i]) << (8 * i);
  }
  if (length > kMaxHeaderBytes) {
    return Invalid("header length " + std::to_string(length) + " is over the limit of " +
                   std::to_string(kMaxHeaderBytes) + " (no safetensors file?)");
  }
  if (length > file.size() - kLengthBytes) {
    return Invalid("truncated: the header needs " + std::to_string(length + kLengthBytes) +
                   " bytes, the file has " + std::to_string(file.size()));
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes,
                              static_cast<size_t>(length));
  if (text.empty() || text.front() != '{') return Invalid("header: expected a JSON object");
  auto json = ParseJson(text, {.max_bytes = kMaxHeaderBytes, .max_depth = 8});
  if (!json.ok()) return std::move(json).error().Wrap("header");
  if (!json->is_object()) return Invalid("header: expected a JSON object");

  SafetensorsHeader header;
  for (const auto& [name, value] : json->items()) {
    if (name == "__metadata__") {
      GRE_RETURN_IF_ERROR(ParseMetadata(value, header));
    } else {
      GRE_ASSIGN_OR_RETURN(TensorEntry entry, ParseEntry(name, value));
      header.tensors.push_back(std::move(entry));
    }
  }
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorEntry& a, const TensorEntry& b) {
              return std::pair(a.offset, a.size) < std::pair(b.offset, b.size);
            });
  const size_t data_start = kLengthBytes + static_cast<size_t>(length);
  const size_t buffer = file.size() - data_start;
  size_t expected = 0;
  for (TensorEntry& entry : header.tensors) {
    if (entry.offset != expected) {
      return InvalidTensor(entry.name, "expected to begin at byte " + std::to_string(expected) +
                                           " of the data, found " + std::to_string(entry.offset) +
                                           " (hole or overlap)");
    }
    if (entry.size > buffer - expected) {
      return InvalidTensor(entry.name, "truncated file: its data ends at byte " +
                                           std::to_string(expected + entry.size) +
                                           ", the file holds " + std::to_string(buffer));
    }
    expected += entry.size;
    entry.offset += data_start;
  }
  if (expected != buffer) {
    return Invalid("expected " + std::to_string(expected) + " bytes of data, found " +
                   std::to_string(buffer));
  }
  return header;
}

Status WriteSafetensors(const std::string& path, std::vector<TensorData> tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorData& a, const TensorData& b) {
    const int bits_a = TensorDtypeBits(a.dtype);
    const int bits_b = TensorDtypeBits(b.dtype);
    return bits_a != bits_b ? bits_a > bits_b : a.name < b.name;
  });
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  size_t offset = 0;
  for (const TensorData& tensor : tensors) {
    const auto bits = TotalBits(tensor.shape, tensor.dtype);
    GRE_CHECK(bits && *bits == tensor.data.size() * 8 && !json.contains(tensor.name));
    json[tensor.name] = {{"dtype", TensorDtypeName(tensor.dtype)},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + tensor.data.size()}}};
    offset += tensor.data.size();
  }
  std::string header = json.dump();
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string length(kLengthBytes, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length[i] = static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i) & 0xff);
  }
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  GRE_RETURN_IF_ERROR(file.Write(length));
  GRE_RETURN_IF_ERROR(file.Write(header));
  for (const TensorData& tensor : tensors) {
    GRE_RETURN_IF_ERROR(
        file.Write({reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()}));
  }
  return file.Commit();
}

}  // namespace gre
