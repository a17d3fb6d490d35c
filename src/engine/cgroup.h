#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gre {

// What control groups (Linux containers, batch systems) leave this process, versions 1 and 2: the
// tightest of its own group and the groups above it. Absent where nothing limits.
struct CgroupLimits {
  std::optional<int64_t> free_bytes;  // of memory, counting file cache that can be dropped as free
  std::optional<double> cpus;         // processor time, in processors
};

// `root` is the folder that holds proc/ and sys/; tests have their own.
CgroupLimits ReadCgroupLimits(const std::string& root = "");

}  // namespace gre
