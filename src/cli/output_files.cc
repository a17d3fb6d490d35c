#include "cli/output_files.h"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace gre {
namespace {

namespace fs = std::filesystem;

bool IsSame(const std::string& a, const std::string& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  const fs::path real_a = fs::weakly_canonical(fs::absolute(a, error), error);
  const fs::path real_b = fs::weakly_canonical(fs::absolute(b, error), error);
  return !error && real_a == real_b;
}

Error BadOutput(const CommandFiles::File& file, const std::string& why) {
  return {ErrorCode::kInvalidArgument, file.option + " '" + file.path + "': " + why};
}

bool HoldsSomething(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  return !fs::is_empty(path, error);  // a folder that cannot be read counts as full
}

Status CheckFolderOf(const CommandFiles::File& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(file.path, error), error);
  if (error) {
    return Error{ErrorCode::kUnavailable,
                 file.option + " '" + file.path + "': cannot reach its folder: " + error.message()};
  }
  const fs::path folder = path.parent_path();
  if (!fs::is_directory(folder, error)) {
    return BadOutput(file, "there is no folder " + folder.string());
  }
  for (const fs::path& place : {folder, path}) {
    if (fs::exists(place, error) && access(place.c_str(), W_OK) != 0) {
      return Error{ErrorCode::kUnavailable,
                   file.option + " '" + file.path + "': no permission to write " + place.string()};
    }
  }
  return {};
}

}  // namespace

Status RefuseSharedFiles(const CommandFiles& files) {
  for (auto output = files.outputs.begin(); output != files.outputs.end(); ++output) {
    if (output->path.empty()) continue;
    std::error_code error;
    const fs::file_status status = fs::status(output->path, error);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) {
      return BadOutput(*output, "this is no regular file");
    }
    for (const CommandFiles::File& input : files.inputs) {
      if (!input.path.empty() && IsSame(output->path, input.path)) {
        return BadOutput(*output, "this file is read as " + input.option + "; name another one");
      }
    }
    for (auto other = files.outputs.begin(); other != output; ++other) {
      if (!other->path.empty() && IsSame(output->path, other->path)) {
        return BadOutput(*output,
                         "this file is also written as " + other->option + "; name another one");
      }
    }
  }
  return {};
}

Status RefuseRepeatedFiles(const std::string& option, const std::vector<std::string>& paths) {
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    const auto same = [&](const std::string& other) { return IsSame(*path, other); };
    if (std::find_if(paths.begin(), path, same) == path) continue;
    return Error{ErrorCode::kInvalidArgument, option + ": '" + *path + "' is named twice"};
  }
  return {};
}

Status CheckOutputFiles(const CommandFiles& files) {
  GRE_RETURN_IF_ERROR(RefuseSharedFiles(files));
  for (const CommandFiles::File& output : files.outputs) {
    if (output.path.empty()) continue;
    if (!output.is_folder) GRE_RETURN_IF_ERROR(CheckFolderOf(output));
    if (!files.force && HoldsSomething(output.path)) {
      std::error_code error;
      return BadOutput(output, fs::is_directory(output.path, error)
                                   ? "this folder is not empty; --force overwrites what it holds "
                                     "under the same names"
                                   : "this file exists; --force overwrites it");
    }
  }
  return {};
}

OptionSpec ForceOption(bool& force) {
  return {.name = "force",
          .letter = 'f',
          .help = "Overwrite files that exist",
          .target = &force,
          .configurable = false};
}

}  // namespace gre
