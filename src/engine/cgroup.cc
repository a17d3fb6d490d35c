#include "engine/cgroup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string_view>

namespace gre {
namespace {

namespace fs = std::filesystem;

// Where one version keeps its numbers.
struct Layout {
  const char* memory_limit;
  const char* memory_usage;
  const char* inactive_file;  // key in memory.stat
};
constexpr Layout kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                              "total_inactive_file"};
constexpr Layout kVersion2 = {"memory.max", "memory.current", "inactive_file"};

// The first number of a file; nothing for "max" or without the file.
std::optional<int64_t> ReadNumber(const fs::path& path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

int64_t ReadStatistic(const fs::path& path, std::string_view wanted) {
  std::ifstream file(path);
  std::string key;
  int64_t value = 0;
  while (file >> key >> value) {
    if (key == wanted) return value;
  }
  return 0;
}

template <typename Number>
void Lower(std::optional<Number>& least, Number value) {
  least = least ? std::min(*least, value) : value;
}

void ReadMemory(const fs::path& folder, const Layout& layout, CgroupLimits& limits) {
  const auto limit = ReadNumber(folder / layout.memory_limit);
  const auto usage = ReadNumber(folder / layout.memory_usage);
  if (!limit || !usage) return;
  const int64_t droppable = ReadStatistic(folder / "memory.stat", layout.inactive_file);
  const int64_t held = std::max<int64_t>(0, *usage - droppable);
  Lower(limits.free_bytes, std::max<int64_t>(0, *limit - held));
}

void SetCpus(std::optional<int64_t> quota, std::optional<int64_t> period, CgroupLimits& limits) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return;
  Lower(limits.cpus, static_cast<double>(*quota) / static_cast<double>(*period));
}

void ReadCpus1(const fs::path& folder, CgroupLimits& limits) {
  SetCpus(ReadNumber(folder / "cpu.cfs_quota_us"), ReadNumber(folder / "cpu.cfs_period_us"),
          limits);
}

void ReadCpus2(const fs::path& folder, CgroupLimits& limits) {
  std::ifstream file(folder / "cpu.max");
  int64_t quota = 0;
  int64_t period = 0;
  if (file >> quota >> period) SetCpus(quota, period, limits);
}

// Calls visit(folder) for the group `path` below `mount` and all above it. Inside a container the
// path may be the host's; the mount itself is then the container's group.
template <typename Visit>
void WalkUp(const fs::path& mount, fs::path path, const Visit& visit) {
  for (; path.has_relative_path(); path = path.parent_path()) visit(mount / path.relative_path());
  visit(mount);
}

bool Lists(std::string_view controllers, std::string_view wanted) {
  for (size_t begin = 0; begin <= controllers.size();) {
    const size_t end = std::min(controllers.find(',', begin), controllers.size());
    if (controllers.substr(begin, end - begin) == wanted) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

CgroupLimits ReadCgroupLimits(const std::string& root) {
  CgroupLimits limits;
  const fs::path mounts = root + "/sys/fs/cgroup";
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;  // "4:memory:/a/b", version 2: "0::/a/b"
  while (std::getline(groups, line)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      for (const fs::path& mount : {mounts, mounts / "unified"}) {
        WalkUp(mount, group, [&](const fs::path& folder) {
          ReadMemory(folder, kVersion2, limits);
          ReadCpus2(folder, limits);
        });
      }
      continue;
    }
    for (const fs::path& mount : {mounts / controllers, mounts / "memory", mounts / "cpu"}) {
      const bool memory = Lists(controllers, "memory") && mount.filename() != "cpu";
      const bool cpu = Lists(controllers, "cpu") && mount.filename() != "memory";
      WalkUp(mount, group, [&](const fs::path& folder) {
        if (memory) ReadMemory(folder, kVersion1, limits);
        if (cpu) ReadCpus1(folder, limits);
      });
    }
  }
  return limits;
}

}  // namespace gre
