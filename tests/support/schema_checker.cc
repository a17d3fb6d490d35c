#include "support/schema_checker.h"

#include <algorithm>

namespace gre::testing {
namespace {

bool HasType(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == value.type_name();
}

}  // namespace

std::string SchemaChecker::Check(const Json& schema, const Json& value,
                                 const std::string& path) const {
  if (schema.contains("$ref")) {
    const auto target = schema["$ref"].get<std::string>().substr(1);
    const std::string found = Check(root_.at(Json::json_pointer(target)), value, path);
    if (!found.empty()) return found;
  }
  if (schema.contains("const") && value != schema["const"]) return path + ": const";
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
    return path + ": enum";
  }
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    if (std::none_of(types.begin(), types.end(),
                     [&](const Json& type) { return HasType(value, type); })) {
      return path + ": type";
    }
  }
  if (value.is_number() && (value < schema.value("minimum", Json(-1e300)) ||
                            value > schema.value("maximum", Json(1e300)))) {
    return path + ": range";
  }
  if (schema.contains("anyOf") &&
      std::none_of(schema["anyOf"].begin(), schema["anyOf"].end(),
                   [&](const Json& option) { return Check(option, value, path).empty(); })) {
    return path + ": anyOf";
  }
  if (value.is_array() && schema.contains("items")) {
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string at = path + "[" + std::to_string(i) + "]";
      if (auto found = Check(schema["items"], value[i], at); !found.empty()) return found;
    }
  }
  if (value.is_object() && schema.contains("additionalProperties")) {
    for (const auto& [key, member] : value.items()) {
      const std::string found = Check(schema["additionalProperties"], member, path + "." + key);
      if (!found.empty()) return found;
    }
  }
  if (value.is_object() && schema.contains("properties")) {
    for (const Json& key : schema["required"]) {
      if (!value.contains(key.get<std::string>())) return path + ": required " + key.dump();
    }
    for (const auto& [key, member] : value.items()) {
      // Readers must pass over what they do not know; the writer must not write it.
      if (!schema["properties"].contains(key)) return path + "." + key + ": not described";
      const std::string found = Check(schema["properties"][key], member, path + "." + key);
      if (!found.empty()) return found;
    }
  }
  return {};
}

}  // namespace gre::testing
