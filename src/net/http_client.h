#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// Which redirects a request may follow (five at most).
enum class RedirectPolicy {
  kNone,      // a redirect is the response
  kSameHost,  // same scheme, host and port only; another target is an error
  kAnyHost,   // any host, for downloads; credentials stay with the first host
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                             // http:// or https:// only
  std::map<std::string, std::string> headers;  // names as sent
  std::string bearer_token;  // sent as Authorization; never logged, never in an error
  std::string body;
  RedirectPolicy redirects = RedirectPolicy::kSameHost;
  int64_t connect_timeout_ms = 10'000;
  int64_t timeout_ms = 600'000;          // whole exchange; 0 = none
  int64_t stall_timeout_ms = 60'000;     // no byte for this long; 0 = none
  size_t max_response_bytes = 64 << 20;  // of the body, collected or not; 0 = any number
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last of equal ones
  std::string body;                            // empty when a body callback took it

  [[nodiscard]] std::optional<std::string> Header(const std::string& lower_case_name) const;
};

// Receives pieces of a 2xx body as they come (other bodies are collected) with the status and
// headers that came before; false stops the exchange.
using BodyCallback = std::function<bool(const HttpResponse& head, std::string_view piece)>;

// One exchange, blocking (libcurl). Any HTTP status is a success here; an Error is a failure of the
// exchange: kUnavailable (resolve, connect, disconnect, TLS: worth a retry), kDeadlineExceeded (a
// timeout), kCancelled, kInvalidInput (the URL, a reply over the limit, a forbidden redirect),
// kInvalidArgument (a header with a line break or another control character in it).
// Messages name host and reason, never credentials or query strings. Thread-safe.
Result<HttpResponse> SendHttp(const HttpRequest& request, const CancellationToken& cancellation,
                              const BodyCallback& on_body = {});

// "https://host:port" of a URL in lower case, for messages and comparisons; the URL's scheme must
// be http or https.
Result<std::string> UrlOrigin(const std::string& url);

// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3) and those of `keep`.
std::string UrlEncode(std::string_view text, std::string_view keep = "");

}  // namespace gre
