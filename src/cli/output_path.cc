#include "cli/output_path.h"

#include <filesystem>

namespace gre {

Status CheckOverwrite(std::string_view option, const std::string& path, bool force) {
  namespace fs = std::filesystem;
  if (force || path.empty()) return {};
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  // A pipe or a device is no file that could be lost.
  const bool is_there = is_folder ? !fs::is_empty(path, error) : fs::is_regular_file(path, error);
  if (!is_there) return {};
  std::string message(option);
  message.append(": ").append(path);
  message.append(is_folder ? " is a folder that holds files" : " exists");
  message.append("; --force overwrites it");
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

OptionSpec ForceOption(bool& force) {
  return {.name = "force",
          .letter = 'f',
          .help = "Overwrite files that are there already",
          .target = &force,
          .configurable = false};
}

}  // namespace gre
