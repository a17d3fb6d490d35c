#pragma once

#include <string>

#include <c10/core/Device.h>

#include "core/result.h"
#include "generation/torch_plugin.h"

namespace gre {

// Cores that this process may run on, hyper-threads of one core counted once, and no more than the
// processor time that its control group grants; at least 1.
int NumPhysicalCores();

// Sets LibTorch's threads for the process; 0 = NumPhysicalCores(). kInvalidArgument below 0.
Status SetComputeThreads(int num_threads);

// Lets the allocator keep and reuse blocks of up to 256 MB instead of giving each back to the
// kernel: fresh pages of large intermediate results cost more than computing them (a gate of 512 x
// 11008: 22 ms against 7). Process-wide; call once, after loading the model: the temporaries of
// loading would be kept too (0.9 GB for a 3B checkpoint).
void KeepFreedMemory();

// kUnavailable, saying why and what to do, for CUDA without a CUDA build or device.
// `index`: which of several.
Result<c10::Device> ResolveDevice(DeviceChoice choice, int index = 0);

// For `gre doctor`: {"libtorch", "cpu_capability", "bf16_kernels", "physical_cores", "threads",
// "cuda_problem": why CUDA cannot be used or "", "cuda_devices": [{"free_bytes", "total_bytes"}]}.
std::string DescribeRuntime();

}  // namespace gre
