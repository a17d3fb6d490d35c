#include "cli/context.h"

#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/excerpt.h"
#include "core/json.h"
#include "report/text_escape.h"

namespace gre {

namespace {

// Whatever files hold that a message quotes, it stays a message.
constexpr size_t kMaxLineBytes = 4000;

void PrintLine(const std::string& text) {
  std::fprintf(stderr, "gre: %s\n", PlainLine(Excerpt(text, kMaxLineBytes)).c_str());
}

}  // namespace

void CliContext::Note(const std::string& text) const {
  if (!quiet) {
    PrintLine(text);
  }
}

void CliContext::PrintError(const Error& error) const { PrintLine(error.message); }

ExitCode CliContext::Fail(const Error& error) {
  PrintError(error);
  if (json) {
    out.WriteLine(DumpJson(Json{{"error",
                                 {{"code", ErrorCodeName(error.code)},
                                  {"message", Excerpt(error.message, kMaxLineBytes)}}}}));
  }
  return ExitCodeOf(error);
}

ExitCode CliContext::Finish(ExitCode code) const {
  if (!out.status().ok()) {
    PrintError(out.status().error());
    return ExitCodeOf(out.status().error());
  }
  return cancellation_.IsCancelled() ? kExitInterrupted : code;
}

std::string ExecutableDirectory() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(".") : path.parent_path().string();
}

}  // namespace gre
