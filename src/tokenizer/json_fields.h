#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "core/result.h"

namespace gre {

// Reading of tokenizer files from strangers. Internal to tokenizer: these are large files, so they
// are parsed with simdjson, whose types go no further.

inline constexpr int64_t kMaxTokenId = 1 << 20;  // exclusive
inline constexpr size_t kMaxPieceBytes = 1 << 16;

// "FIELD: expected EXPECTED, found FOUND"
Error Unexpected(std::string_view field, std::string_view expected, std::string_view found);
// One short line for an error message.
std::string Describe(const simdjson::dom::element& value);
// The document lives as long as `parser`.
Result<simdjson::dom::element> ParseJsonDocument(std::string_view json,
                                                 simdjson::dom::parser& parser);
Result<int32_t> ReadTokenId(const simdjson::dom::element& value, const std::string& path);

// An object of a tokenizer.json together with its path for messages. `known` are all keys that may
// stand there; a key met twice is an error, an unknown one a warning.
class JsonFields {
 public:
  static Result<JsonFields> Open(const simdjson::dom::element& value, std::string path,
                                 std::initializer_list<std::string_view> known);

  [[nodiscard]] std::string Path(std::string_view key) const;
  [[nodiscard]] Result<simdjson::dom::element> Get(std::string_view key) const;
  // Absent or null.
  [[nodiscard]] bool Lacks(std::string_view key) const;
  [[nodiscard]] Status ExpectText(std::string_view key, std::string_view expected) const;
  [[nodiscard]] Status ExpectFalse(std::string_view key) const;
  // Absent, null or "" all mean "none" in these files.
  [[nodiscard]] Status ExpectNone(std::string_view key) const;
  [[nodiscard]] Result<bool> Flag(std::string_view key) const;
  [[nodiscard]] Result<std::string> Text(std::string_view key) const;
  [[nodiscard]] Result<simdjson::dom::array> List(std::string_view key) const;

 private:
  JsonFields(simdjson::dom::object fields, std::string path);

  simdjson::dom::object fields_;
  std::string path_;
};

}  // namespace gre
