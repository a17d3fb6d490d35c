#pragma once

#include <string>
#include <string_view>

namespace gre {

// Standard alphabet with padding (RFC 4648, section 4), no line breaks.
std::string Base64Encode(std::string_view bytes);

}  // namespace gre
