#include "cli/context.h"

#include <cstdio>
#include <filesystem>

namespace gre {

void CliContext::PrintError(const Error& error) const {
  std::fprintf(stderr, "gre: %s\n", error.message.c_str());
}

ExitCode CliContext::Fail(const Error& error) const {
  PrintError(error);
  return ExitCodeOf(error);
}

ExitCode CliContext::Finish(ExitCode code) const {
  if (!out.status().ok()) {
    return Fail(out.status().error());
  }
  if (out.closed()) {
    return kExitDone;
  }
  return cancellation_.IsCancelled() ? kExitInterrupted : code;
}

std::string ExecutableDirectory() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(".") : path.parent_path().string();
}

}  // namespace gre
