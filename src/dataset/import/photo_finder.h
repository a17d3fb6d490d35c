#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "dataset/photo_index.h"

namespace gre {

// Finds the photo files that records name. Not thread-safe.
class PhotoFinder {
 public:
  // `root` is the folder that names are relative to. `search`: a name that is no path in it is
  // looked for in all its sub-folders, by the end of the path, by stem where the name has no
  // folder, and with '_' for '/'; the folder is read once, when that is needed first.
  PhotoFinder(std::string root, bool search) : root_(std::move(root)), search_(search) {}

  // The path of the file; kNotFound says what is missing. Absolute names are taken below the
  // folder; nothing outside of it is found, so that no record can bring a file from elsewhere
  // along.
  Result<std::string> Find(const std::string& name);

 private:
  std::string root_;
  bool search_;
  std::optional<PhotoIndex> index_;
};

}  // namespace gre
