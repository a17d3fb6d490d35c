#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/result.h"

namespace gre {

using Json = nlohmann::json;

// What ParseJson accepts. Duplicate keys, invalid UTF-8, NaN and Infinity are always refused.
struct JsonLimits {
  size_t max_bytes = 256u << 20;
  int max_depth = 64;
};

// Strict JSON from untrusted text. The error names the byte offset and what is wrong there.
// Callers include <nlohmann/json.hpp> themselves and turn the value into a typed struct at once.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});
// Reads and parses a file; the error starts with the path.
Result<Json> ReadJsonFile(const std::string& path, const JsonLimits& limits = {});
// Compact, with invalid UTF-8 replaced (never throws).
std::string DumpJson(const Json& value, int indent = -1);

}  // namespace gre
