#include "cli/progress.h"

#include <algorithm>
#include <cmath>

#include <unistd.h>

#include "core/strings.h"

namespace gre {
namespace {

constexpr int kBarColumns = 24;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kQuietStart = std::chrono::milliseconds(700);

std::string Amount(int64_t value, const std::string& unit) {
  return unit.empty() ? FormatFixed(static_cast<double>(value) / 1e6, 1) : std::to_string(value);
}

}  // namespace

std::string FormatDuration(std::chrono::seconds duration) {
  const int64_t seconds = std::max<int64_t>(duration.count(), 0);
  const auto two = [](int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  const std::string tail = two(seconds % 60);
  return seconds < 3600
             ? std::to_string(seconds / 60) + ":" + tail
             : std::to_string(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + tail;
}

Progress::Progress(Options options, int64_t total)
    : options_(std::move(options)), total_(total), start_(Clock::now()), last_(start_) {}

Progress::~Progress() { Clear(); }

void Progress::Write(std::string_view text) {
  if (options_.write) {
    options_.write(text);
    return;
  }
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) {
    options_.enabled = false;  // nobody reads it
  }
}

std::string Progress::Describe(int64_t done, int64_t skipped, std::string_view note,
                               Clock::duration elapsed) const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(done - skipped) / seconds : 0;
  const std::string unit = options_.unit.empty() ? "MB" : options_.unit;
  std::string text = options_.label + " " + Amount(done, options_.unit);
  if (total_ > 0) {
    text += "/" + Amount(total_, options_.unit);
  }
  text += " " + unit;
  if (total_ > 0) {
    text += " " + std::to_string(done * 100 / total_) + " %";
  }
  if (rate > 0) {
    text += ", " + FormatFixed(options_.unit.empty() ? rate / 1e6 : rate, 1) + "/s";
    if (total_ > done) {
      const double left = static_cast<double>(total_ - done) / rate;
      text +=
          ", " + FormatDuration(std::chrono::seconds(std::llround(std::min(left, 1e9)))) + " left";
    }
  }
  if (!note.empty()) {
    text += ", " + std::string(note);
  }
  return text;
}

void Progress::Update(int64_t done, int64_t skipped, std::string_view note) {
  if (!options_.enabled) {
    return;
  }
  const Clock::time_point now = Clock::now();
  const bool finished = total_ > 0 && done >= total_;
  if (!options_.terminal.is_terminal) {
    if (now - last_ >= options_.line_interval && !finished) {
      last_ = now;
      Write(Describe(done, skipped, note, now - start_) + "\n");
    }
    return;
  }
  if (now - start_ < kQuietStart || (now - last_ < kRedraw && !finished)) {
    return;
  }
  last_ = now;
  std::string text = Describe(done, skipped, note, now - start_);
  if (total_ > 0 && options_.terminal.columns > 70) {
    const int filled = static_cast<int>(kBarColumns * std::min(done, total_) / total_);
    std::string bar = "[";
    for (int i = 0; i < kBarColumns; ++i) {
      bar += i < filled ? '#' : '.';
    }
    text = bar + "] " + text;
  }
  const auto width = static_cast<size_t>(std::max(options_.terminal.columns - 1, 10));
  Write("\r\x1b[K" + text.substr(0, width));
  drawn_ = true;
}

void Progress::Clear() {
  if (drawn_) {
    Write("\r\x1b[K");
    drawn_ = false;
  }
}

}  // namespace gre
