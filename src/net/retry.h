#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/random.h"
#include "core/result.h"
#include "net/http_client.h"

namespace gre {

struct RetryPolicy {
  int max_attempts = 5;          // 1 = no retry
  int64_t first_delay_ms = 500;  // doubles with every attempt
  int64_t max_delay_ms = 30'000;
  int64_t max_retry_after_ms = 120'000;  // a server that asks for longer gets an error instead
};

// True for what may pass by itself: 408, 429 and 5xx but 501.
bool IsRetryableStatus(int status);

// Retry-After in milliseconds: seconds or an HTTP date (RFC 9110, section 10.2.3), relative to
// `now_unix_s`; nullopt when absent or unreadable, 0 for a date in the past.
std::optional<int64_t> ParseRetryAfterMs(std::string_view value, int64_t now_unix_s);

// Full-jitter exponential back-off before attempt `attempt` + 1 (attempt counts from 1).
int64_t BackoffMs(const RetryPolicy& policy, int attempt, Random& random);

// Sleeps in small steps; false when cancelled meanwhile.
bool SleepMs(int64_t duration_ms, const CancellationToken& cancellation);

// Calls `attempt` until it succeeds, fails for good or the policy is exhausted; retries
// kUnavailable, a stalled exchange and retryable statuses, honouring Retry-After. After the last
// attempt, and where the server asks for a longer wait than the policy allows, its response or
// error is returned. Each retry is logged with its reason and `server`, the name of who is asked.
Result<HttpResponse> Retry(const RetryPolicy& policy, uint64_t seed, const std::string& server,
                           const CancellationToken& cancellation,
                           const std::function<Result<HttpResponse>()>& attempt);

}  // namespace gre
