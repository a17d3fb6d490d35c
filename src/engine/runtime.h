#pragma once

#include <string>

#include <c10/core/Device.h>

#include "core/result.h"
#include "generation/torch_plugin.h"

namespace gre {

// Cores that this process may run on, hyper-threads of one core counted once; at least 1.
int NumPhysicalCores();

// Sets LibTorch's threads for the process; 0 = NumPhysicalCores(). kInvalidArgument below 0.
Status SetComputeThreads(int num_threads);

// kUnavailable, saying why and what to do, for CUDA without a CUDA build or device.
Result<c10::Device> ResolveDevice(DeviceChoice choice);

// For `gre doctor`: {"libtorch", "cpu_capability", "bf16_kernels", "physical_cores", "threads",
// "cuda_build", "cuda_devices": [{"free_bytes", "total_bytes"}]}.
std::string DescribeRuntime();

}  // namespace gre
