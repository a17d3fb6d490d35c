#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Reads a TOML file of [section] key = value settings, with "section.key=value" overrides on top.
// Every setting is named once by Read(); Finish() then refuses keys nobody read, so that a
// misspelt setting cannot be ignored.
class SettingsReader {
 public:
  // Errors name file and line, or the override.
  static Result<SettingsReader> Load(const std::string& path,
                                     const std::vector<std::string>& overrides);
  SettingsReader(SettingsReader&&) noexcept;
  ~SettingsReader();

  // Leaves `value` as it is (the default) when the key is absent; remembers a type error for
  // Finish(). `key` is "section.name".
  void Read(std::string_view key, bool& value);
  void Read(std::string_view key, int& value);
  void Read(std::string_view key, int64_t& value);
  void Read(std::string_view key, uint64_t& value);
  void Read(std::string_view key, double& value);
  void Read(std::string_view key, std::string& value);
  void Read(std::string_view key, std::vector<std::string>& value);

  // Whether file or overrides name the key, whatever its value.
  [[nodiscard]] bool Has(std::string_view key) const;

  // The first type error, or the unknown keys.
  [[nodiscard]] Status Finish() const;

 private:
  struct State;
  explicit SettingsReader(std::unique_ptr<State> state);
  void ReadWithin(std::string_view key, int64_t& value, int64_t low, int64_t high);
  template <typename T>
  void ReadAs(std::string_view key, T& value, const char* expected);
  std::unique_ptr<State> state_;
};

}  // namespace gre
