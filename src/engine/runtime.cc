#include "engine/runtime.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <torch/version.h>

#include "core/json.h"
#include "engine/cgroup.h"
#include "engine/torch_errors.h"
#include "model/precision.h"

namespace gre {
namespace {

Result<size_t> CountCudaDevices() {
  return CatchTorchErrors("counting CUDA devices", [] {
    return at::hasCUDA() ? static_cast<size_t>(at::getNumGPUs()) : size_t{0};
  });
}

}  // namespace

int NumPhysicalCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  std::set<std::string> cores;  // the list of its hyper-threads names a core
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                       "/topology/thread_siblings_list");
    std::string siblings;
    cores.insert(std::getline(file, siblings) ? siblings : "cpu " + std::to_string(cpu));
  }
  const auto found = static_cast<double>(cores.size());
  const double granted = ReadCgroupLimits().cpus.value_or(found);
  return std::max(1, static_cast<int>(std::lround(std::min(found, granted))));
}

void KeepFreedMemory() {
#ifdef __GLIBC__
  if (::mallopt(M_MMAP_THRESHOLD, 256 << 20) == 0) {
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the limit of older glibc
  }
  ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

Status SetComputeThreads(int num_threads) {
  if (num_threads < 0) {
    return Error{ErrorCode::kInvalidArgument, "the number of threads is " +
                                                  std::to_string(num_threads) +
                                                  ", expected 1 or more (0 = one per core)"};
  }
  at::set_num_threads(num_threads == 0 ? NumPhysicalCores() : num_threads);
  return {};
}

Result<c10::Device> ResolveDevice(DeviceChoice choice) {
  if (choice == DeviceChoice::kCpu) return c10::Device(c10::kCPU);
  if (!at::hasCUDA()) {
    return Error{ErrorCode::kUnavailable,
                 "--device cuda: this program was built with LibTorch " TORCH_VERSION
                 ", which has no CUDA; set up again with GRE_TORCH=cuda, or use --device cpu"};
  }
  GRE_ASSIGN_OR_RETURN(const size_t devices, CountCudaDevices());
  if (devices == 0) {
    return Error{ErrorCode::kUnavailable,
                 "--device cuda: no usable CUDA device (see nvidia-smi: driver missing or too old "
                 "for LibTorch " TORCH_VERSION "); use --device cpu"};
  }
  return c10::Device(c10::kCUDA, 0);
}

std::string DescribeRuntime() {
  Json devices = Json::array();
  const Result<size_t> num_devices = CountCudaDevices();
  for (size_t i = 0; i < (num_devices.ok() ? *num_devices : 0); ++i) {
    const auto memory = CatchTorchErrors(
        "device memory", [&] { return at::accelerator::getMemoryInfo(static_cast<int8_t>(i)); });
    if (!memory.ok()) continue;
    devices.push_back({{"free_bytes", memory->first}, {"total_bytes", memory->second}});
  }
  return DumpJson({{"libtorch", TORCH_VERSION},
                   {"cpu_capability", at::get_cpu_capability()},
                   {"bf16_kernels", HasBFloat16Kernels()},
                   {"physical_cores", NumPhysicalCores()},
                   {"threads", at::get_num_threads()},
                   {"cuda_build", at::hasCUDA()},
                   {"cuda_devices", std::move(devices)}});
}

}  // namespace gre
