#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "weights/weights_index.h"

// Whatever the bytes, an accepted index names tensors in files of its own folder.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto map =
      gre::ParseWeightsIndex(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!map.ok()) {
    GRE_CHECK(!map.error().message.empty());
    return 0;
  }
  GRE_CHECK(!map->empty());
  for (const auto& [tensor, file] : *map) {
    GRE_CHECK(!file.empty() && file != "." && file != ".." && file.find('/') == std::string::npos);
  }
  return 0;
}
