#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.h"

namespace gre {

// Reads the files of a tar archive one after the other (libarchive); compression is told by the
// content. Not thread-safe.
class TarReader {
 public:
  static Result<TarReader> Open(const std::string& path);
  // The same over bytes that the caller keeps; `name` stands in errors.
  static Result<TarReader> OpenBytes(std::string name, std::string_view bytes);
  TarReader(TarReader&&) noexcept;
  TarReader& operator=(TarReader&&) noexcept;
  ~TarReader();

  struct Entry {
    std::string name;
    std::string bytes;
    bool too_large = false;  // over `max_bytes`: `bytes` is empty
  };
  // The next regular file; false at the end. kInvalidInput where the archive is damaged or cut,
  // also where it ends without its end mark; the error names the byte, and `entry.name` is then the
  // file inside of which that is, or empty.
  Result<bool> Next(size_t max_bytes, Entry& entry);

 private:
  struct State;
  explicit TarReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gre
