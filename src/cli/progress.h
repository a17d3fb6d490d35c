#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace gre {

// Progress of a long command on standard error: on a terminal one line that is redrawn, elsewhere a
// line every few seconds. Silent when `enabled` is false and for work that ends within a second.
// Not thread-safe.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  using Writer = std::function<void(std::string_view)>;

  struct Options {
    bool enabled = true;
    TerminalInfo terminal = {};
    std::string label = {};  // "locating"
    std::string unit = {};   // "photos"; empty = bytes, shown as MB
    Writer write = {};       // empty = standard error
    Clock::duration line_interval = std::chrono::seconds(5);
  };

  // `total` <= 0 when unknown.
  Progress(Options options, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` so far, of which `skipped` cost no time (they were done before); `note` may be empty.
  void Update(int64_t done, int64_t skipped = 0, std::string_view note = {});
  // Erases the bar so that other text can be written; the next Update draws it again.
  void Clear();

  // The text of the line, without the bar's escape sequences.
  [[nodiscard]] std::string Describe(int64_t done, int64_t skipped, std::string_view note,
                                     Clock::duration elapsed) const;

 private:
  void Write(std::string_view text);

  Options options_;
  int64_t total_;
  Clock::time_point start_;
  Clock::time_point last_;
  bool drawn_ = false;
};

// "1:05", "2:03:04".
std::string FormatDuration(std::chrono::seconds duration);

}  // namespace gre
