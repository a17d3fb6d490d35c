#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// Photos by the SHA-256 of their bytes: DIR/ab/ab12….jpg. A photo that several records share is
// stored once. Thread-safe; several processes may add the same photo.
class ImageFolder {
 public:
  explicit ImageFolder(std::string folder) : folder_(std::move(folder)) {}

  // Stores the bytes unless they are there. `extension` without its dot, lower case.
  [[nodiscard]] Status Add(const std::string& sha256, const std::string& extension,
                           std::string_view bytes) const;
  // The same by a hard link to `file`, which holds the bytes and must not be changed afterwards; by
  // a copy where the file system cannot.
  [[nodiscard]] Status AddLink(const std::string& sha256, const std::string& extension,
                               std::string_view bytes, const std::string& file) const;
  [[nodiscard]] std::string PathOf(std::string_view sha256, std::string_view extension) const;
  // The same below the folder, for records: "ab/ab12….jpg".
  static std::string RelativePathOf(std::string_view sha256, std::string_view extension);

 private:
  std::string folder_;
};

}  // namespace gre
