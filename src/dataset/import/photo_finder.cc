#include "dataset/import/photo_finder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/file.h"

namespace gre {

namespace fs = std::filesystem;

namespace {

bool IsOutside(const fs::path& relative) { return relative.empty() || *relative.begin() == ".."; }

// As written, else by what links lead to.
fs::path BelowRoot(const fs::path& file, const std::string& root) {
  fs::path below = file.lexically_relative(fs::absolute(root).lexically_normal());
  if (!IsOutside(below)) return below;
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  const fs::path real_file = error ? fs::path() : fs::canonical(file, error);
  return error ? fs::path() : real_file.lexically_relative(real_root);
}

}  // namespace

Result<std::string> PhotoFinder::Find(const std::string& name) {
  fs::path relative = fs::path(name).lexically_normal();
  if (relative.is_absolute()) relative = BelowRoot(relative, root_);
  if (IsOutside(relative)) {
    return Error{ErrorCode::kNotFound, "'" + name + "' lies outside of " + root_ +
                                           "; name a folder above the photos with --root"};
  }
  const std::string path = (fs::path(root_) / relative).string();
  if (FileExists(path)) return path;
  if (search_) {
    if (!index_) {
      GRE_ASSIGN_OR_RETURN(PhotoIndex index, PhotoIndex::Open(root_));
      index_ = std::move(index);
    }
    std::string flat = relative.generic_string();
    std::ranges::replace(flat, '/', '_');
    for (const std::string& candidate : {relative.generic_string(), flat}) {
      const Result<std::string> found = index_->Find(candidate);
      // "a/1.jpg" is not "b/1.jpg"
      const bool same = found.ok() && (candidate.find('/') == std::string::npos ||
                                       ("/" + *found).ends_with("/" + candidate));
      if (same) return (fs::path(root_) / *found).string();
      if (candidate == flat && !found.ok()) return found.error();
    }
  }
  return Error{ErrorCode::kNotFound, "no file " + path};
}

}  // namespace gre
