#include "tokenizer/json_fields.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/log.h"

namespace gre {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kMaxDepth = 64;

std::string Join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

}  // namespace

Error Unexpected(std::string_view field, std::string_view expected, std::string_view found) {
  return {ErrorCode::kInvalidInput, std::string(field) + ": expected " + std::string(expected) +
                                        ", found " + std::string(found)};
}

std::string Describe(const element& value) {
  constexpr size_t kMaxShown = 80;
  std::string text;
  if (value.is_object()) {
    text = "an object";
  } else if (value.is_array()) {
    text = "a list";
  } else {
    text = simdjson::minify(value);
  }
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + "…";
  return text;
}

Result<element> ParseJsonDocument(std::string_view json, simdjson::dom::parser& parser) {
  element document;
  simdjson::error_code code = parser.allocate(std::max<size_t>(json.size(), 1), kMaxDepth);
  if (!code) code = parser.parse(json.data(), json.size()).get(document);
  if (code) {
    return Error{ErrorCode::kInvalidInput,
                 std::string("not valid JSON: ") + simdjson::error_message(code)};
  }
  return document;
}

Result<int32_t> ReadTokenId(const element& value, const std::string& path) {
  int64_t id = 0;
  if (value.get(id) || id < 0 || id >= kMaxTokenId) {
    return Unexpected(path, "an id from 0 to " + std::to_string(kMaxTokenId - 1), Describe(value));
  }
  return static_cast<int32_t>(id);
}

JsonFields::JsonFields(object fields, std::string path) : fields_(fields), path_(std::move(path)) {}

Result<JsonFields> JsonFields::Open(const element& value, std::string path,
                                    std::initializer_list<std::string_view> known) {
  object fields;
  if (value.get(fields)) return Unexpected(path, "an object", Describe(value));
  std::unordered_set<std::string_view> seen;
  for (const auto [key, unused] : fields) {
    if (!seen.insert(key).second) {
      return Unexpected(path, "each key once", "\"" + std::string(key) + "\" twice");
    }
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      LogWarning("tokenizer.json: " + Join(path, key) + ": unknown field, ignored");
    }
  }
  return JsonFields(fields, std::move(path));
}

std::string JsonFields::Path(std::string_view key) const { return Join(path_, key); }

Result<element> JsonFields::Get(std::string_view key) const {
  element value;
  if (fields_[key].get(value)) return Unexpected(Path(key), "a value", "nothing");
  return value;
}

bool JsonFields::Lacks(std::string_view key) const {
  element value;
  return fields_[key].get(value) || value.is_null();
}

Status JsonFields::ExpectText(std::string_view key, std::string_view expected) const {
  GRE_ASSIGN_OR_RETURN(const element value, Get(key));
  std::string_view text;
  if (value.get(text) || text != expected) {
    return Unexpected(Path(key), "\"" + std::string(expected) + "\"", Describe(value));
  }
  return {};
}

Status JsonFields::ExpectFalse(std::string_view key) const {
  element value;
  bool flag = false;
  if (fields_[key].get(value) || value.is_null()) return {};
  if (value.get(flag) || flag) return Unexpected(Path(key), "false", Describe(value));
  return {};
}

Status JsonFields::ExpectNone(std::string_view key) const {
  element value;
  std::string_view text;
  if (fields_[key].get(value) || value.is_null()) return {};
  if (value.get(text) || !text.empty()) return Unexpected(Path(key), "null", Describe(value));
  return {};
}

Result<bool> JsonFields::Flag(std::string_view key) const {
  GRE_ASSIGN_OR_RETURN(const element value, Get(key));
  bool flag = false;
  if (value.get(flag)) return Unexpected(Path(key), "true or false", Describe(value));
  return flag;
}

Result<std::string> JsonFields::Text(std::string_view key) const {
  GRE_ASSIGN_OR_RETURN(const element value, Get(key));
  std::string_view text;
  if (value.get(text)) return Unexpected(Path(key), "a text", Describe(value));
  return std::string(text);
}

Result<array> JsonFields::List(std::string_view key) const {
  GRE_ASSIGN_OR_RETURN(const element value, Get(key));
  array list;
  if (value.get(list)) return Unexpected(Path(key), "a list", Describe(value));
  return list;
}

}  // namespace gre
