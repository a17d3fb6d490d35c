#include "generation/torch_loader.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include <dlfcn.h>

#include "core/file.h"

namespace gre {
namespace {

constexpr char kLibraryName[] = "libgre_torch.so";

std::vector<std::string> Candidates(const std::string& explicit_path) {
  if (!explicit_path.empty()) return {explicit_path};
  std::error_code error;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const std::filesystem::path folder = executable.parent_path();
  return {(folder / kLibraryName).string(), (folder.parent_path() / "lib" / kLibraryName).string()};
}

}  // namespace

Result<TorchPlugin*> LoadTorchPlugin(const std::string& explicit_path) {
  const std::vector<std::string> candidates = Candidates(explicit_path);
  std::string tried;
  for (const std::string& path : candidates) {
    if (!FileExists(path)) {
      tried += (tried.empty() ? "" : ", ") + path;
      continue;
    }
    // LibTorch's allocator then puts large tensors on huge pages: walking weights costs fewer
    // misses of the address cache. It reads the variable when it is first used.
    ::setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
    // Never closed: LibTorch does not survive unloading. Symbols stay local, so that the plugin's
    // copies of shared modules do not mix with the program's.
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      return Error{ErrorCode::kUnavailable, std::string(dlerror()) +
                                                "; LibTorch may have moved: run ./gre doctor, or "
                                                "remove the build folder and run ./gre again"};
    }
    const auto entry = reinterpret_cast<TorchPluginEntry>(dlsym(library, kTorchPluginSymbol));
    TorchPlugin* plugin = entry == nullptr ? nullptr : entry(kTorchPluginAbi, GetLogLevel(), &Log);
    if (plugin == nullptr) {
      return Error{ErrorCode::kUnavailable,
                   path + " was built from another version of this program: rebuild both"};
    }
    return plugin;
  }
  return Error{ErrorCode::kUnavailable,
               "this command needs the LibTorch part of the program, " + std::string(kLibraryName) +
                   ", which is not at " + tried +
                   ": build with -DGRE_WITH_TORCH=ON, or use a served model with --api-url"};
}

}  // namespace gre
