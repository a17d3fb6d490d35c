#include "dataset/import/photo_finder.h"

#include <algorithm>
#include <filesystem>

#include "core/file.h"

namespace gre {

namespace fs = std::filesystem;

Result<std::string> PhotoFinder::Find(const std::string& name) {
  fs::path relative = fs::path(name).lexically_normal();
  if (relative.is_absolute()) {
    relative = relative.lexically_relative(fs::absolute(root_).lexically_normal());
  }
  if (relative.empty() || *relative.begin() == "..") {
    return Error{ErrorCode::kNotFound, "'" + name + "' lies outside of " + root_ +
                                           "; name the folder of the photos with --root"};
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
