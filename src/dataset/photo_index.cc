#include "dataset/photo_index.h"

#include <filesystem>

#include "dataset/photo_id.h"

namespace gre {

namespace fs = std::filesystem;

Result<PhotoIndex> PhotoIndex::Open(const std::string& folder) {
  PhotoIndex index;
  index.folder_ = folder;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied,
                                           error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const std::string path = it->path().lexically_relative(folder).generic_string();
    index.paths_.insert(path);
    index.Add(it->path().filename().string(), path);
    index.Add(std::string(IdStem(path)), path);
  }
  if (error) {
    return Error{ErrorCode::kNotFound, folder + ": the folder of the photos: " + error.message()};
  }
  return index;
}

void PhotoIndex::Add(const std::string& name, const std::string& path) {
  const auto [entry, is_new] = names_.emplace(name, path);
  if (!is_new && entry->second != path) entry->second.clear();
}

Result<std::string> PhotoIndex::Find(const std::string& name) const {
  if (paths_.contains(name)) return name;
  for (const std::string& key : {fs::path(name).filename().string(), std::string(IdStem(name))}) {
    const auto found = names_.find(key);
    if (found == names_.end()) continue;
    if (!found->second.empty()) return found->second;
    return Error{ErrorCode::kNotFound, "several photos of " + folder_ + " are named '" + key + "'"};
  }
  return Error{ErrorCode::kNotFound, "no photo '" + name + "' in " + folder_};
}

}  // namespace gre
