#include "core/mapped_names.h"

#include <algorithm>
#include <array>
#include <atomic>

namespace gre {
namespace {

// A slot is taken by its `used`, then filled, then published by its `begin`.
struct MappedName {
  std::atomic<bool> used = false;
  std::atomic<const std::byte*> begin = nullptr;
  std::atomic<const std::byte*> end = nullptr;
  std::array<char, 512> path = {};  // its end, where it is longer
};

std::array<MappedName, 64> mapped_names;

}  // namespace

void RememberMapping(const std::string& path, const std::byte* data, size_t size) {
  for (MappedName& name : mapped_names) {
    if (name.used.exchange(true)) continue;
    const size_t length = std::min(path.size(), name.path.size() - 1);
    path.copy(name.path.data(), length, path.size() - length);
    name.path[length] = 0;
    name.end = data + size;
    name.begin = data;
    return;
  }
}

void ForgetMapping(const std::byte* data) {
  for (MappedName& name : mapped_names) {
    if (name.begin != data) continue;
    name.begin = nullptr;
    name.used = false;
    return;
  }
}

const char* MappedPathAt(const void* address) {
  const auto* at = static_cast<const std::byte*>(address);
  for (const MappedName& name : mapped_names) {
    const std::byte* begin = name.begin;
    if (begin != nullptr && at >= begin && at < name.end) return name.path.data();
  }
  return "";
}

}  // namespace gre
