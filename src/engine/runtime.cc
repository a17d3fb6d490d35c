#include "engine/runtime.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <torch/version.h>

#include "core/json.h"
#include "core/strings.h"
#include "engine/cgroup.h"
#include "engine/torch_errors.h"
#include "model/precision.h"

namespace gre {
namespace {

// LibTorch's CUDA part, beside its CPU part. It registers itself when it is loaded, takes seconds
// and needs NVIDIA's libraries: nothing links it, so that a machine without a GPU needs none of it.
// Comes before LibTorch is first asked about CUDA, whose answer it keeps.
Status LoadCuda() {
  static const Status loaded = []() -> Status {
    Dl_info place;
    if (::dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &place) == 0) {
      return Error{ErrorCode::kInternal, "LibTorch's own place is unknown"};
    }
    const std::filesystem::path library =
        std::filesystem::path(place.dli_fname).replace_filename("libtorch_cuda.so");
    std::error_code error;
    if (!std::filesystem::exists(library, error)) {
      return Error{ErrorCode::kUnavailable,
                   "this program was built with LibTorch " TORCH_VERSION
                   ", which has no CUDA; set up again with GRE_TORCH=cuda"};
    }
    if (::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      return Error{ErrorCode::kUnavailable,
                   Concat({"LibTorch's CUDA part does not load: ", ::dlerror(),
                           "; set up again with GRE_TORCH=cuda"})};
    }
    return {};
  }();
  return loaded;
}

Result<size_t> CountCudaDevices() {
  GRE_RETURN_IF_ERROR(LoadCuda());
  return CatchTorchErrors("counting CUDA devices",
                          [] { return static_cast<size_t>(at::getNumGPUs()); });
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

Result<c10::Device> ResolveDevice(DeviceChoice choice, int index) {
  if (choice == DeviceChoice::kCpu) return c10::Device(c10::kCPU);
  Result<size_t> devices = CountCudaDevices();
  if (devices.ok() && *devices == 0) {
    devices = Error{ErrorCode::kUnavailable,
                    "no usable CUDA device (see nvidia-smi: driver missing or too old for "
                    "LibTorch " TORCH_VERSION ")"};
  }
  if (devices.ok() && static_cast<size_t>(index) >= *devices) {
    devices = Error{
        ErrorCode::kUnavailable,
        Concat({"process ", std::to_string(index),
                " of this machine has no device of its own: found ", std::to_string(*devices)})};
  }
  if (!devices.ok()) {
    return Error{devices.error().code,
                 Concat({"device cuda: ", devices.error().message, ", or use the device cpu"})};
  }
  GRE_RETURN_IF_ERROR(CatchTorchErrors(
      "device cuda", [] { at::globalContext().lazyInitDevice(c10::DeviceType::CUDA); }));
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string DescribeRuntime() {
  Json devices = Json::array();
  const Result<size_t> num_devices = CountCudaDevices();
  if (num_devices.ok() && *num_devices > 0) {
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  }
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
                   {"cuda_problem", num_devices.ok() ? "" : num_devices.error().message},
                   {"cuda_devices", std::move(devices)}});
}

}  // namespace gre
