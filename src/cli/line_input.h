#pragma once

#include <optional>
#include <string>

#include "core/cancellation.h"

namespace gre {

// Lines of standard input, waited for in a way that Ctrl-C ends. Not thread-safe.
class LineInput {
 public:
  explicit LineInput(int fd = 0) : fd_(fd) {}
  // The next line without its end; nullopt at the end of the input and when cancelled.
  std::optional<std::string> Next(const CancellationToken& cancellation);

 private:
  int fd_;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace gre
