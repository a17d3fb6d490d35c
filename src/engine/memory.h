#pragma once

#include <cstdint>

#include <c10/core/Device.h>

namespace gre {

// Memory that a new allocation on the device could use: for the CPU MemAvailable of /proc/meminfo
// or what control groups leave, the smaller; the driver's figure for an accelerator. 8 GiB where
// the system does not tell.
int64_t FreeMemoryBytes(c10::Device device);

}  // namespace gre
