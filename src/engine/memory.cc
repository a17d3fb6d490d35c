#include "engine/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <ATen/DeviceAccelerator.h>

#include "engine/cgroup.h"

namespace gre {
namespace {

int64_t FreeSystemMemory() {
  constexpr int64_t kUnknown = int64_t{8} << 30;
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  int64_t kibibytes = 0;
  std::string unit;
  while (meminfo >> key >> kibibytes && std::getline(meminfo, unit)) {
    if (key == "MemAvailable:") return kibibytes * 1024;
  }
  return kUnknown;
}

}  // namespace

int64_t FreeMemoryBytes(c10::Device device) {
  if (!device.is_cpu()) {
    return static_cast<int64_t>(at::accelerator::getMemoryInfo(device.index()).first);
  }
  const int64_t system = FreeSystemMemory();
  return std::min(system, ReadCgroupLimits().free_bytes.value_or(system));
}

}  // namespace gre
