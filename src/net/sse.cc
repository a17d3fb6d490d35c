#include "net/sse.h"

#include <utility>

namespace gre {

Status SseParser::Feed(std::string_view piece) {
  for (const char c : piece) {
    if (std::exchange(skip_newline_, false) && c == '\n') continue;
    if (c == '\n' || c == '\r') {
      skip_newline_ = c == '\r';
      const std::string line = std::exchange(line_, {});
      GRE_RETURN_IF_ERROR(TakeLine(line));
    } else {
      line_ += c;
      if (line_.size() + data_.size() > max_event_bytes_) {
        return Error{ErrorCode::kInvalidInput, "an event of the stream is over " +
                                                   std::to_string(max_event_bytes_) + " bytes"};
      }
    }
  }
  return {};
}

Status SseParser::Finish() {
  if (!line_.empty()) GRE_RETURN_IF_ERROR(TakeLine(std::exchange(line_, {})));
  return Dispatch();
}

Status SseParser::TakeLine(std::string_view line) {
  if (line.empty()) return Dispatch();
  if (!line.starts_with("data")) return {};
  line.remove_prefix(4);
  if (!line.empty() && line.front() != ':') return {};  // another field whose name begins like this
  if (!line.empty()) line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_.append(line);
  has_data_ = true;
  return {};
}

Status SseParser::Dispatch() {
  if (!std::exchange(has_data_, false)) return {};
  const std::string data = std::exchange(data_, {});
  return handler_(data);
}

}  // namespace gre
