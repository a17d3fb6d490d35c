#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/file.h"
#include "core/result.h"

namespace gre {

// Writes records one after the other, a part of a file in memory. Files appear when they are
// complete. Not thread-safe.

// One file: JSON Lines, or one JSON array with a record a line.
class RecordFileWriter {
 public:
  enum class Layout { kLines, kArray };
  static Result<RecordFileWriter> Create(const std::string& path, Layout layout);

  Status Write(std::string_view json);
  // Call once, last.
  Status Commit();
  [[nodiscard]] int64_t records() const { return records_; }

 private:
  RecordFileWriter(AtomicFileWriter file, Layout layout)
      : file_(std::move(file)), layout_(layout) {}
  Status Flush();
  AtomicFileWriter file_;
  Layout layout_;
  std::string buffer_;
  int64_t records_ = 0;
};

// Tar shards in WebDataset's form (POSIX ustar, by libarchive): members of a record follow each
// other and share a key. Equal records give equal bytes.
class ShardWriter {
 public:
  struct Limits {
    int64_t records = 10000;           // a shard
    int64_t bytes = int64_t{1} << 30;  // a shard is closed when it has reached this
  };
  // Shards are PREFIX-000000.tar, …
  ShardWriter(std::string prefix, const Limits& limits);
  ShardWriter(ShardWriter&&) noexcept;
  ~ShardWriter();

  // `image` is empty where there is no photo; `extension` without its dot.
  Status Write(std::string_view json, std::string_view image, std::string_view extension);
  Status Commit();
  [[nodiscard]] int64_t records() const { return records_; }
  [[nodiscard]] int64_t shards() const { return shards_; }
  // The key of the next record: nine digits.
  [[nodiscard]] std::string NextKey() const;

 private:
  struct Shard;
  Status Open();
  Status Close();
  std::string prefix_;
  Limits limits_;
  std::unique_ptr<Shard> shard_;
  int64_t records_ = 0, shards_ = 0;
};

}  // namespace gre
