#include "cli/output.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

namespace gre {

bool Output::Write(std::string_view text) {
  while (!text.empty() && !closed_) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      closed_ = true;
      if (errno != EPIPE) {
        status_ = Error{ErrorCode::kUnavailable,
                        std::string("cannot write to standard output: ") + std::strerror(errno)};
      }
    }
  }
  return !closed_;
}

bool Output::WriteLine(std::string_view line) { return Write(std::string(line) + "\n"); }

}  // namespace gre
