#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// Incremental parser of a server-sent event stream (WHATWG HTML, section 9.2): pieces in, the data
// of each event out. Comment lines, ids and other fields are ignored. An event over
// `max_event_bytes` is an error.
class SseParser {
 public:
  using Handler = std::function<Status(std::string_view data)>;

  explicit SseParser(Handler handler, size_t max_event_bytes = 8 << 20)
      : handler_(std::move(handler)), max_event_bytes_(max_event_bytes) {}

  // Stops at the handler's first error and returns it.
  Status Feed(std::string_view piece);
  // The stream ended: an event without its closing blank line still counts (several servers leave
  // it out).
  Status Finish();

 private:
  Status TakeLine(std::string_view line);
  Status Dispatch();

  Handler handler_;
  size_t max_event_bytes_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool skip_newline_ = false;  // the last piece ended in \r
};

}  // namespace gre
