#include "dataset/export/export_folder.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>

#include "core/file.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

Error Failed(const std::string& path, const std::error_code& code) {
  return Error{ErrorCode::kUnavailable, path + ": " + code.message()};
}

}  // namespace

ExportFolder::ExportFolder(std::string out, UniqueFd lock)
    : out_(std::move(out)), partial_(out_ + ".partial"), lock_(std::move(lock)) {}

Result<ExportFolder> ExportFolder::Create(const std::string& given, bool force) {
  std::string out = fs::path(given).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  if (out.empty() || out == "." || out == "/" || out.ends_with("..")) {
    return Error{ErrorCode::kInvalidArgument,
                 "--out: expected the name of a new folder, found '" + given + "'"};
  }
  std::error_code code;
  if (fs::exists(out, code) && !(fs::is_directory(out, code) && fs::is_empty(out, code))) {
    if (!force) {
      return Error{ErrorCode::kInvalidArgument,
                   out + ": exists; name a new folder, or replace an export with --force"};
    }
    if (!FileExists(out + "/" + kExportMarker)) {
      return Error{ErrorCode::kInvalidArgument,
                   out + ": expected an export (" + kExportMarker +
                       ") to replace, found something else; --force replaces exports only"};
    }
  }
  const std::string partial = out + ".partial";
  fs::create_directories(partial, code);
  if (code) return Failed(partial, code);
  UniqueFd lock(::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) return Failed(partial, {errno, std::generic_category()});
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kUnavailable,
                 partial + ": another export is writing it; wait for it or name another folder"};
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(partial, code)) {
    fs::remove_all(entry.path(), code);
    if (code) return Failed(entry.path().string(), code);
  }
  if (code) return Failed(partial, code);
  return ExportFolder(std::move(out), std::move(lock));
}

Status ExportFolder::Commit() {
  std::error_code code;
  const std::string old = out_ + ".old";
  const bool replaces = fs::exists(out_, code);
  if (replaces) {
    fs::remove_all(old, code);
    fs::rename(out_, old, code);
    if (code) return Failed(out_, code);
  }
  fs::rename(partial_, out_, code);
  if (code) {
    const Error error = Failed(out_, code);
    if (replaces) fs::rename(old, out_, code);
    return error;
  }
  if (replaces) fs::remove_all(old, code);
  return {};
}

}  // namespace gre
