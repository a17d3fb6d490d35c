#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "dataset/image_folder.h"
#include "dataset/photo_table.h"

namespace gre {

// The name of a photo in exported records: "imgs/" and its id, with the extension that its file has
// where the id has none. A leading "imgs/" or "images/" of the id is not doubled, so that what was
// exported and imported again keeps its name. Ids that are no tidy relative paths ("..", control
// characters, over 200 bytes) become "imgs/id-" and a hash.
std::string ExportedImageName(const Photo& photo);
// The last resort: "imgs/id-" and a hash of the id, whatever the id.
std::string HashedImageName(const Photo& photo);

// Puts the photos of records into a folder, as hard links where that is possible, else as copies.
// Not thread-safe.
class ImagePlacer {
 public:
  ImagePlacer(const ImageFolder& images, bool copy) : images_(&images), copy_(copy) {}

  // The record's image relative to `root`, in place; a photo that the dataset does not hold is only
  // named. Records of one photo come one after the other.
  Result<std::string> Place(const Photo& photo, const std::string& root);

  [[nodiscard]] int64_t linked() const { return linked_; }
  [[nodiscard]] int64_t copied() const { return copied_; }
  [[nodiscard]] int64_t missing() const { return missing_; }

 private:
  Result<bool> Put(const std::string& from, const std::string& to);
  const ImageFolder* images_;
  bool copy_;
  int64_t last_photo_ = 0;
  std::string last_name_;
  std::string last_folder_;
  int64_t linked_ = 0, copied_ = 0, missing_ = 0;
};

}  // namespace gre
