#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include <curl/curl.h>

#include "core/strings.h"

namespace gre {
namespace {

struct Exchange {
  const HttpRequest* request = nullptr;
  const CancellationToken* cancellation = nullptr;
  const BodyCallback* on_body = nullptr;
  CURL* handle = nullptr;
  HttpResponse response;
  size_t header_bytes = 0;
  size_t body_bytes = 0;
  bool headers_complete = false;
  bool over_limit = false;
  bool stopped_by_callback = false;
};

constexpr size_t kMaxHeaderBytes = 256 << 10;

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) {
    exchange.over_limit = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // an interim response ended
  exchange.headers_complete = Trim(line).empty();
  if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    exchange.response.headers[AsciiLower(Trim(line.substr(0, colon)))] =
        std::string(Trim(line.substr(colon + 1)));
  }
  return size * count;
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(data, size * count);
  const size_t limit = exchange.request->max_response_bytes;
  exchange.body_bytes += piece.size();
  if (limit > 0 && exchange.body_bytes > limit) {
    exchange.over_limit = true;
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  if (*exchange.on_body && status >= 200 && status < 300) {
    if ((*exchange.on_body)(exchange.response, piece)) return piece.size();
    exchange.stopped_by_callback = true;
    return 0;
  }
  exchange.response.body.append(piece);
  return piece.size();
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->cancellation->IsCancelled() ? 1 : 0;
}

ErrorCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kDeadlineExceeded;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
      return ErrorCode::kInvalidInput;
    default:
      return ErrorCode::kUnavailable;
  }
}

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string UrlPart(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) == 127;
  });
}

// A line break in a header would end it and begin another one.
Status CheckHeaders(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (HasControlCharacter(name) || HasControlCharacter(value)) {
      return Error{ErrorCode::kInvalidArgument, "a request header holds a control character"};
    }
  }
  if (HasControlCharacter(request.bearer_token)) {
    return Error{ErrorCode::kInvalidArgument, "the key holds a control character"};
  }
  return {};
}

Result<HttpResponse> SendOnce(const HttpRequest& request, const std::string& origin,
                              const CancellationToken& cancellation, const BodyCallback& on_body) {
  const std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
  if (!handle) return Error{ErrorCode::kInternal, "libcurl could not start"};
  Exchange exchange{&request, &cancellation, &on_body, handle.get(), {}, 0, 0, false, false, false};
  curl_slist* raw_list = nullptr;
  const auto add = [&](const std::string& line) {
    raw_list = curl_slist_append(raw_list, line.c_str());
  };
  for (const auto& [name, value] : request.headers)
    add(std::string(name).append(": ").append(value));
  add("Expect:");  // no 100-continue round trip before large bodies
  if (!request.bearer_token.empty()) add("Authorization: Bearer " + request.bearer_token);
  const std::unique_ptr<curl_slist, CurlDeleter> list(raw_list);

  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(handle.get(), option, value);
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, list.get());
  set(CURLOPT_USERAGENT, "gre/0.1");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  if (request.stall_timeout_ms > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((request.stall_timeout_ms + 999) / 1000));
  }
  set(CURLOPT_HEADERFUNCTION, OnHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(CURLOPT_WRITEFUNCTION, OnBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  std::array<char, CURL_ERROR_SIZE> reason{};
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, OnProgress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }

  const CURLcode code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  if (exchange.stopped_by_callback) return std::move(exchange.response);
  if (code == CURLE_OK) {
    // libcurl accepts a reply that ends inside its headers
    if (exchange.headers_complete) return std::move(exchange.response);
    return Error{ErrorCode::kUnavailable, origin + ": disconnected inside the reply's headers"};
  }
  if (exchange.over_limit) {
    const bool headers = exchange.header_bytes > kMaxHeaderBytes;
    return Error{ErrorCode::kInvalidInput,
                 origin + (headers ? ": the reply's headers are" : ": the reply is") +
                     " over the limit of " +
                     std::to_string(headers ? kMaxHeaderBytes : request.max_response_bytes) +
                     " bytes"};
  }
  if (cancellation.DeadlineExceeded())
    return Error{ErrorCode::kDeadlineExceeded, origin + ": deadline reached"};
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return Error{ErrorCode::kCancelled, origin + ": cancelled"};
  return Error{CodeOf(code),
               origin + ": " + (reason[0] != '\0' ? reason.data() : curl_easy_strerror(code))};
}

}  // namespace

std::optional<std::string> HttpResponse::Header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> UrlOrigin(const std::string& url) {
  const std::unique_ptr<CURLU, CurlDeleter> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    // what holds an '@' may hold a password, wherever it stands in a text that is no URL
    const bool quotable = url.find('@') == std::string::npos;
    return Error{ErrorCode::kInvalidArgument,
                 "not a URL" + (quotable ? ": '" + url.substr(0, url.find_first_of("?#")) + "'"
                                         : std::string())};
  }
  const std::string scheme = UrlPart(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Error{ErrorCode::kInvalidArgument,
                 "a URL starts with http:// or https://, found '" + scheme + "://'"};
  }
  return scheme + "://" + AsciiLower(UrlPart(parsed.get(), CURLUPART_HOST)) + ":" +
         UrlPart(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string UrlEncode(std::string_view text, std::string_view keep) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') ||
                            std::string_view("-._~").find(c) != std::string_view::npos;
    if (unreserved || keep.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

Result<HttpResponse> SendHttp(const HttpRequest& request, const CancellationToken& cancellation,
                              const BodyCallback& on_body) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });

  GRE_RETURN_IF_ERROR(CheckHeaders(request));
  // Redirects are followed by hand: the policy must see each target before it is contacted.
  constexpr int kMaxRedirects = 5;
  HttpRequest current = request;
  GRE_ASSIGN_OR_RETURN(const std::string first_origin, UrlOrigin(request.url));
  std::string origin = first_origin;
  for (int hop = 0;; ++hop) {
    GRE_ASSIGN_OR_RETURN(HttpResponse response, SendOnce(current, origin, cancellation, on_body));
    const bool is_redirect =
        response.status >= 301 && response.status <= 308 && response.status != 304;
    const std::optional<std::string> target = response.Header("location");
    if (!is_redirect || !target || request.redirects == RedirectPolicy::kNone) return response;
    if (hop == kMaxRedirects)
      return Error{ErrorCode::kInvalidInput, first_origin + ": more than 5 redirects"};

    const std::unique_ptr<CURLU, CurlDeleter> url(curl_url());
    curl_url_set(url.get(), CURLUPART_URL, current.url.c_str(), 0);
    if (curl_url_set(url.get(), CURLUPART_URL, target->c_str(), 0) !=
        CURLUE_OK) {  // relative ones resolve
      return Error{ErrorCode::kInvalidInput, origin + ": redirects to something that is not a URL"};
    }
    current.url = UrlPart(url.get(), CURLUPART_URL);
    GRE_ASSIGN_OR_RETURN(origin, UrlOrigin(current.url));
    if (origin != first_origin) {
      if (request.redirects == RedirectPolicy::kSameHost) {
        return Error{ErrorCode::kInvalidInput, std::string(first_origin)
                                                   .append(": redirects to another host (")
                                                   .append(origin)
                                                   .append("), refused")};
      }
      current.bearer_token.clear();
    }
    if (response.status == 303 && current.method != "HEAD") {
      current.method = "GET";
      current.body.clear();
    }
  }
}

}  // namespace gre
