#include "dataset/image_folder.h"

#include <filesystem>

#include "core/file.h"

namespace gre {
namespace {

Status MakeParent(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code code;
  std::filesystem::create_directories(parent, code);
  if (code) return Error{ErrorCode::kUnavailable, parent.string() + ": " + code.message()};
  return {};
}

}  // namespace

std::string ImageFolder::RelativePathOf(std::string_view sha256, std::string_view extension) {
  std::string path(sha256.substr(0, 2));
  path += '/';
  path += sha256;
  if (!extension.empty()) (path += '.') += extension;
  return path;
}

std::string ImageFolder::PathOf(std::string_view sha256, std::string_view extension) const {
  return folder_ + "/" + RelativePathOf(sha256, extension);
}

Status ImageFolder::Add(const std::string& sha256, const std::string& extension,
                        std::string_view bytes) const {
  const std::string path = PathOf(sha256, extension);
  if (FileExists(path)) return {};
  GRE_RETURN_IF_ERROR(MakeParent(path));
  return WriteFileAtomically(path, bytes);
}

Status ImageFolder::AddLink(const std::string& sha256, const std::string& extension,
                            std::string_view bytes, const std::string& file) const {
  const std::string path = PathOf(sha256, extension);
  if (FileExists(path)) return {};
  GRE_RETURN_IF_ERROR(MakeParent(path));
  std::error_code code;
  std::filesystem::create_hard_link(file, path, code);
  return code ? Add(sha256, extension, bytes) : Status();
}

}  // namespace gre
