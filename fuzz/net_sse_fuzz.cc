#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/retry.h"
#include "net/sse.h"

// The events of a stream must not depend on how it is cut into pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto parse = [&](size_t step) {
    std::vector<std::string> events;
    gre::SseParser parser(
        [&](std::string_view event) {
          events.emplace_back(event);
          return gre::Status();
        },
        1 << 12);
    bool ok = true;
    for (size_t i = 0; ok && i < stream.size(); i += step)
      ok = parser.Feed(stream.substr(i, step)).ok();
    if (ok) ok = parser.Finish().ok();
    events.push_back(ok ? "ok" : "failed");
    return events;
  };
  if (parse(1) != parse(size + 1)) std::abort();
  (void)gre::ParseRetryAfterMs(stream.substr(0, 64), 0);
  return 0;
}
