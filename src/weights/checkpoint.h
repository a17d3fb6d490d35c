#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "weights/safetensors.h"

namespace gre {

// The weights of a Hugging Face directory, mapped read-only: the shards that
// model.safetensors.index.json names, or without one model.safetensors. Immutable and thread-safe
// after opening; keep it (or copies of its files' pointers) alive while tensors are read.
class Checkpoint {
 public:
  struct File {
    std::string name;  // within the directory
    std::shared_ptr<const MappedFile> map;
  };
  struct Tensor {
    TensorEntry entry;
    std::shared_ptr<const MappedFile> map;

    [[nodiscard]] std::span<const std::byte> bytes() const {
      return map->bytes().subspan(entry.offset, entry.size);
    }
    // The pages may leave memory; they are read again when touched.
    void Release() const { map->Release(entry.offset, entry.size); }
  };

  // Checks headers and, when sharded, that index and files agree: each name in exactly the file
  // that the index says, no file outside the directory.
  static Result<Checkpoint> OpenDirectory(const std::string& directory);
  static Result<Checkpoint> OpenFile(const std::string& path);

  [[nodiscard]] const Tensor* Find(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Oddities that do not keep the weights from being read.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  Status AddFile(const std::string& directory, const std::string& name);

  std::string path_;
  std::vector<File> files_;
  std::map<std::string, Tensor> tensors_;
  std::vector<std::string> notes_;
};

}  // namespace gre
