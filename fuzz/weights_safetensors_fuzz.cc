#include <cstddef>
#include <cstdint>
#include <span>

#include "core/check.h"
#include "weights/safetensors.h"

// Whatever the bytes, an accepted header describes ranges inside the file that follow each other.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto header = gre::ParseSafetensorsHeader(std::as_bytes(std::span(data, size)));
  if (!header.ok()) {
    GRE_CHECK(!header.error().message.empty());
    return 0;
  }
  size_t end = 0;
  for (const gre::TensorEntry& entry : header->tensors) {
    GRE_CHECK(entry.offset <= size && entry.size <= size - entry.offset);
    GRE_CHECK(end == 0 || entry.offset == end);
    end = entry.offset + entry.size;
  }
  GRE_CHECK(header->tensors.empty() || end == size);
  return 0;
}
