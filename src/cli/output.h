#pragma once

#include <string_view>

#include "core/result.h"

namespace gre {

// Results on standard output, written at once and unbuffered. When the reader has gone (a closed
// pipe) further writes do nothing and closed() tells: no message, no signal. Not thread-safe.
class Output {
 public:
  explicit Output(int fd = 1) : fd_(fd) {}

  // False when the reader has gone or the write failed.
  bool Write(std::string_view text);
  bool WriteLine(std::string_view line);

  [[nodiscard]] bool closed() const { return closed_; }
  // A failure other than a closed pipe (a full disk).
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  int fd_;
  bool closed_ = false;
  Status status_;
};

}  // namespace gre
