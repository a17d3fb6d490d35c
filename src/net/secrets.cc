#include "net/secrets.h"

#include <algorithm>

#include "net/http_client.h"

namespace gre {

Status CheckSecret(std::string_view secret) {
  if (std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 127; })) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               "the key holds a line break, a space or another character that no header may hold: "
               "expected one line with nothing but the key"};
}

Status CheckSecretTarget(const std::string& url) {
  GRE_ASSIGN_OR_RETURN(const std::string origin, UrlOrigin(url));
  if (!origin.starts_with("http://") || origin.starts_with("http://127.0.0.1:") ||
      origin.starts_with("http://localhost:") || origin.starts_with("http://[::1]:")) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               origin + " would receive the key unencrypted: use https://, or no key"};
}

std::string Redact(std::string_view text, std::string_view secret) {
  std::string clean;
  while (!secret.empty()) {
    const size_t at = text.find(secret);
    if (at == std::string_view::npos) break;
    clean.append(text.substr(0, at)).append("[key]");
    text.remove_prefix(at + secret.size());
  }
  return clean.append(text);
}

std::string WithoutUserInfo(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const size_t host = scheme + 3;
  const size_t host_end = std::min(url.find_first_of("/?#", host), url.size());
  const size_t at = url.substr(0, host_end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)).append(url.substr(at + 1));
}

}  // namespace gre
