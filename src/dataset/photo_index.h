#pragma once

#include <map>
#include <set>
#include <string>

#include "core/result.h"

namespace gre {

// The files below a folder, found by what a table calls them: relative path, else name, else
// stem (IdStem). Immutable after opening; thread-safe.
class PhotoIndex {
 public:
  // kNotFound where the folder cannot be read.
  static Result<PhotoIndex> Open(const std::string& folder);

  // The path below the folder. kNotFound says that there is none, or that several files of other
  // folders have that name.
  [[nodiscard]] Result<std::string> Find(const std::string& name) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  void Add(const std::string& name, const std::string& path);

  std::string folder_;
  std::set<std::string> paths_;
  std::map<std::string, std::string> names_;  // names and stems; empty: of several files
};

}  // namespace gre
