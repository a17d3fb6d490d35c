#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "localizer/locate_result.h"

namespace gre {

// A file that one process at a time writes: flock() for the object's lifetime. A file that the lock
// created and nobody filled goes with it.
class FileLock {
 public:
  // kUnavailable when another process holds it or the file cannot be written.
  static Result<FileLock> Take(const std::string& path);
  FileLock(FileLock&&) = default;
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    std::swap(created_, other.created_);
    return *this;
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  FileLock(UniqueFd fd, std::string path, bool created)
      : fd_(std::move(fd)), path_(std::move(path)), created_(created) {}
  UniqueFd fd_;
  std::string path_;
  bool created_;
};

// Results as they come, one record a line: killed at any moment, nothing that was added is lost,
// and a torn last line is repaired. All records are of the same settings.
//
// A journal that replaces another (`replace`) grows beside it as PATH.gre-new and takes its place
// when it is complete; until then the old one stays as it is. A later run of the same settings goes
// on with it. Not thread-safe.
class ResultsJournal {
 public:
  // What tells two photos apart, whatever their records show: two files may share an id.
  using Key = std::pair<std::string, std::string>;  // id in the record, source

  struct Record {
    std::string source;  // where the photo is, as a hash
    std::string state;   // of the photo when it was read; empty = read it again next time
    LocateResult result;
    [[nodiscard]] Key key() const { return {result.file, source}; }
  };

  struct Options {
    std::string path;
    std::string name;  // what people call it in errors
    std::string settings_hash;
    // JSON with a "schema" of its own, the first line of the file; empty: none. Part of the
    // settings.
    std::string header = {};
    bool replace = false;
    bool read_only = false;  // only look: nothing is created, locked or repaired
  };

  // kInvalidArgument for a file that holds anything else or, without `replace`, other settings;
  // kUnavailable when another process writes it.
  static Result<ResultsJournal> Open(Options options);

  // The newest record of each photo, in the order in which photos came.
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  [[nodiscard]] const Record* Find(const Key& key) const;
  [[nodiscard]] bool replaces() const { return replaces_; }

  Status Add(Record record);

  // Remembers what was written from the records, so that a later run knows its own file.
  Status AddOutput(const std::string& content_hash);
  [[nodiscard]] bool IsOutput(const std::string& content_hash) const {
    return outputs_.contains(content_hash);
  }

  // Takes the place of what it replaces and drops superseded lines. Call once, last.
  Status Complete();

 private:
  struct Content;
  explicit ResultsJournal(Options options) : options_(std::move(options)) {}
  [[nodiscard]] Result<Content> Read(const std::string& path) const;
  [[nodiscard]] std::string Line(const Record& record) const;
  void Remember(Record record);
  [[nodiscard]] std::string new_path() const { return options_.path + ".gre-new"; }
  Status Choose();
  Status StartAppending(const Content& content);

  Options options_;
  bool replaces_ = false;
  bool has_superseded_lines_ = false;
  std::vector<Record> records_;
  std::map<Key, size_t> index_;
  std::set<std::string> outputs_;
  std::optional<FileLock> lock_;
  std::optional<FileLock> new_lock_;
  std::optional<LineAppender> appender_;
};

}  // namespace gre
