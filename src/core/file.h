#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/unique_fd.h"

namespace gre {

// All errors name the path and the system's reason.

// Whole file as bytes; refuses files over `max_bytes` before reading and anything that is no
// regular file (a directory, a FIFO, a device).
Result<std::string> ReadFile(const std::string& path, size_t max_bytes = size_t{1} << 30);

// Writes to a temporary file in the same folder, fsyncs and renames it over `path`: readers see the
// old content or the new, never a part, whatever happens. The temporary file is removed on failure.
// A file that is replaced keeps its mode and, where the process may say so, its owner; of a
// symbolic link the target is replaced; anything but a regular file (a device, a folder) is
// refused.
Status WriteFileAtomically(const std::string& path, std::string_view content);

// WriteFileAtomically in pieces, for content too large to hold twice. Until Commit succeeds `path`
// keeps its old content; a writer that goes without it leaves nothing behind. Not thread-safe.
class AtomicFileWriter {
 public:
  static Result<AtomicFileWriter> Create(const std::string& path);
  AtomicFileWriter(AtomicFileWriter&& other) noexcept;
  AtomicFileWriter& operator=(AtomicFileWriter&&) = delete;
  AtomicFileWriter(const AtomicFileWriter&) = delete;
  AtomicFileWriter& operator=(const AtomicFileWriter&) = delete;
  ~AtomicFileWriter();

  Status Write(std::string_view bytes);
  // Call once, last.
  Status Commit();

 private:
  AtomicFileWriter(int fd, std::string path, std::string temporary);
  int fd_ = -1;
  std::string path_;
  std::string temporary_;  // empty once committed
};

// Puts the folder `from` in the place of `to`, which may exist and is removed then: at any moment
// `to` is the old folder or the new one, whole (where the file system can exchange names; else
// there is an instant without either). The parent folder is synced.
Status ReplaceFolder(const std::string& from, const std::string& to);

// A file for appending whole lines (JSON Lines, logs): each Append is one write() followed by fsync
// when `durable`. A torn last line left by a crash is cut off when the file is opened. Not
// thread-safe.
class LineAppender {
 public:
  static Result<LineAppender> Open(const std::string& path, bool durable = true);
  // `line` without its newline.
  Status Append(std::string_view line);

 private:
  LineAppender(UniqueFd fd, std::string path, bool durable);
  UniqueFd fd_;
  std::string path_;
  bool durable_ = true;
};

// Read-only memory map of a whole regular file. Thread-safe to read. Do not let others truncate the
// file while it is mapped.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Tells the kernel that these pages are not needed again soon (they can be read again).
  void Release(size_t offset, size_t length) const;

 private:
  MappedFile(std::string path, const std::byte* data, size_t size);
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

bool FileExists(const std::string& path);
bool DirectoryExists(const std::string& path);

}  // namespace gre
