#include "net/retry.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include <curl/curl.h>

#include "core/log.h"
#include "core/strings.h"

namespace gre {

bool IsRetryableStatus(int status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501);
}

std::optional<int64_t> ParseRetryAfterMs(std::string_view value, int64_t now_unix_s) {
  constexpr int64_t kMaxSeconds = 1'000'000'000;
  if (const auto seconds = ParseInt(Trim(value))) {
    if (*seconds < 0) return std::nullopt;
    return std::min<int64_t>(*seconds, kMaxSeconds) * 1000;
  }
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::clamp<int64_t>(static_cast<int64_t>(date) - now_unix_s, 0, kMaxSeconds) * 1000;
}

int64_t BackoffMs(const RetryPolicy& policy, int attempt, Random& random) {
  const int doublings = std::min(attempt - 1, 30);
  const int64_t ceiling = std::min(policy.max_delay_ms, policy.first_delay_ms << doublings);
  return static_cast<int64_t>(random.Uniform() * static_cast<double>(ceiling));
}

bool SleepMs(int64_t duration_ms, const CancellationToken& cancellation) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(duration_ms);
  while (std::chrono::steady_clock::now() < end) {
    if (cancellation.IsCancelled()) return false;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(
        std::chrono::milliseconds(20), end - std::chrono::steady_clock::now()));
  }
  return !cancellation.IsCancelled();
}

Result<HttpResponse> Retry(const RetryPolicy& policy, uint64_t seed, const std::string& server,
                           const CancellationToken& cancellation,
                           const std::function<Result<HttpResponse>()>& attempt) {
  Random random(seed);
  for (int number = 1;; ++number) {
    Result<HttpResponse> outcome = attempt();
    const bool failed = !outcome.ok();
    const bool retryable = failed ? outcome.error().code == ErrorCode::kUnavailable ||
                                        (outcome.error().code == ErrorCode::kDeadlineExceeded &&
                                         !cancellation.DeadlineExceeded())
                                  : IsRetryableStatus(outcome->status);
    if (!retryable || number >= policy.max_attempts) return outcome;

    int64_t delay_ms = BackoffMs(policy, number, random);
    if (!failed) {
      if (const auto header = outcome->Header("retry-after")) {
        const auto asked_ms = ParseRetryAfterMs(*header, static_cast<int64_t>(std::time(nullptr)));
        if (asked_ms && *asked_ms > policy.max_retry_after_ms) return outcome;
        if (asked_ms) delay_ms = std::max(delay_ms, *asked_ms);
      }
    }
    const std::string reason = failed ? outcome.error().message
                                      : server + ": HTTP status " + std::to_string(outcome->status);
    LogWarning(reason + ": attempt " + std::to_string(number) + " of " +
               std::to_string(policy.max_attempts) + ", next in " + std::to_string(delay_ms) +
               " ms");
    if (!SleepMs(delay_ms, cancellation)) {
      if (cancellation.DeadlineExceeded()) return outcome;  // says more than that time ran out
      return Error{ErrorCode::kCancelled, server + ": cancelled"};
    }
  }
}

}  // namespace gre
