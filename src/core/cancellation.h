#pragma once

#include <atomic>
#include <chrono>
#include <optional>

namespace gre {

// Asked by long work between its steps; set from a signal handler, another thread or a deadline.
// Thread-safe; Cancel() is async-signal-safe.
class CancellationToken {
 public:
  using Clock = std::chrono::steady_clock;

  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  // Call before the work starts.
  void SetDeadline(Clock::time_point deadline) { deadline_ = deadline; }

  [[nodiscard]] bool IsCancelled() const {
    return cancelled_.load(std::memory_order_relaxed) || DeadlineExceeded();
  }
  [[nodiscard]] bool DeadlineExceeded() const {
    return deadline_.has_value() && Clock::now() >= *deadline_;
  }

 private:
  std::atomic<bool> cancelled_ = false;
  std::optional<Clock::time_point> deadline_;
};

}  // namespace gre
