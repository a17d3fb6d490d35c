#include "report/locate_json.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "report/locate_json_reader.h"
#include "report/testing/sample_results.h"

namespace gre {
namespace {

// The part of JSON Schema 2020-12 that docs/locate-schema.json uses. Returns the place of the first
// violation, or "".
class SchemaChecker {
 public:
  explicit SchemaChecker(Json root) : root_(std::move(root)) {}

  [[nodiscard]] std::string Check(const Json& value) const { return Check(root_, value, "$"); }

 private:
  static bool HasType(const Json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  [[nodiscard]] std::string Check(const Json& schema, const Json& value,
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

  Json root_;
};

TEST(LocateJsonTest, MeetsThePublishedSchema) {
  const Json schema = ReadJsonFile(GRE_SOURCE_DIR "/docs/locate-schema.json").value();
  const SchemaChecker checker(schema);
  for (const LocateResult& result : AllKindsOfResults()) {
    Json record = ParseJson(LocateJson(result)).value();
    EXPECT_EQ(checker.Check(record), "") << LocateJson(result, 1);
    record["answer"] = 3;  // the checker does check
    EXPECT_EQ(checker.Check(record), "$.answer: anyOf");
  }
}

TEST(LocateJsonTest, ComesBackThroughTheReader) {
  for (const LocateResult& result : AllKindsOfResults()) {
    const std::string record = LocateJson(result);
    EXPECT_EQ(record.find('\n'), std::string::npos);
    const Result<LocateResult> read = ReadLocateJson(record);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(LocateJson(*read), record);
  }
}

TEST(LocateJsonTest, StaysValidUtf8) {
  LocateResult result = AbstainedResult();
  result.file = "\xFF\xFE.jpg";
  EXPECT_TRUE(ParseJson(LocateJson(result)).ok());
}

}  // namespace
}  // namespace gre
