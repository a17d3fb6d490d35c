#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace gre {

// Typed access to one object of a foreign JSON file. Every wrong field becomes a line in
// `problems` ("text_config.hidden_size: expected …, found …") and reading goes on with a harmless
// value, so that one pass finds all problems. Null counts as absent; unknown keys are ignored.
class ConfigReader {
 public:
  // `object` (anything but an object reads as empty) and `problems` must outlive the reader.
  // `prefix` stands before field names in messages.
  ConfigReader(const Json& object, std::string prefix, std::vector<std::string>& problems);

  // Of several spellings the first present one counts.
  using Keys = std::initializer_list<const char*>;

  // Without a fallback the field is required.
  int64_t Integer(Keys keys, int64_t min, int64_t max, std::optional<int64_t> fallback = {}) const;
  double Number(Keys keys, double min, double max, std::optional<double> fallback = {}) const;
  [[nodiscard]] std::optional<bool> Bool(Keys keys) const;
  [[nodiscard]] std::optional<std::string> Text(Keys keys) const;
  [[nodiscard]] std::optional<std::vector<int64_t>> Integers(Keys keys, int64_t min,
                                                             int64_t max) const;
  [[nodiscard]] std::optional<std::vector<double>> Numbers(Keys keys) const;
  // A problem unless the field is absent or equal to `expected`.
  void ExpectText(Keys keys, const std::string& expected) const;
  void ExpectInteger(Keys keys, int64_t expected) const;
  void ExpectBool(Keys keys, bool expected) const;

  [[nodiscard]] bool Has(const char* key) const { return Find({key}).value != nullptr; }
  // The nested object, or an empty one (with a problem when it is something else than an object).
  [[nodiscard]] ConfigReader Object(const char* key) const;
  void Problem(const char* key, const std::string& expected, const std::string& found) const;

 private:
  struct Field {
    const char* key = "";
    const Json* value = nullptr;
  };
  [[nodiscard]] Field Find(Keys keys) const;
  void Problem(const Field& field, const std::string& expected) const;

  const Json* object_;
  std::string prefix_;
  std::vector<std::string>* problems_;
};

// A file's typed content and everything that is wrong with it, one line a field.
template <typename Config>
struct ConfigReading {
  Config config;
  std::vector<std::string> problems;
};

}  // namespace gre
