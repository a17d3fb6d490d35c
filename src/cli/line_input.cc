#include "cli/line_input.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace gre {

std::optional<std::string> LineInput::Next(const CancellationToken& cancellation) {
  constexpr int kLookAtCancellationMs = 200;
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos || (ended_ && !buffer_.empty())) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end == std::string::npos ? buffer_.size() : end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (ended_ || cancellation.IsCancelled()) return std::nullopt;
    pollfd ready = {.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kLookAtCancellationMs) <= 0) continue;
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(fd_, bytes.data(), bytes.size());
    if (count > 0) {
      buffer_.append(bytes.data(), static_cast<size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      ended_ = true;
    }
  }
}

}  // namespace gre
