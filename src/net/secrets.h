#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// How keys and tokens are kept where they belong. All of these name the secret's source, never the
// secret.

// kInvalidArgument unless `secret` can stand in a header: printable ASCII without spaces. A line
// break inside would add headers of its own.
Status CheckSecret(std::string_view secret);

// kInvalidArgument when a secret sent to `url` could be read on the way: plain http:// to any
// machine but this one.
Status CheckSecretTarget(const std::string& url);

// `text` with "[key]" for every place where the secret stood; each byte is looked at once, so that
// a secret that is part of the mask is no trouble.
std::string Redact(std::string_view text, std::string_view secret);

// "https://user:password@host/x" without "user:password@"; other texts stay as they are.
std::string WithoutUserInfo(std::string_view url);

}  // namespace gre
