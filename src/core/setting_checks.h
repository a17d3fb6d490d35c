#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/strings.h"

namespace gre {

// How a setting is shown to people.
inline std::string ShowSetting(const std::string& value) { return Concat({"'", value, "'"}); }
inline std::string ShowSetting(std::same_as<bool> auto value) { return value ? "true" : "false"; }
inline std::string ShowSetting(double value) { return FormatShortest(value); }
template <std::integral Number>
requires(!std::same_as<Number, bool>) std::string ShowSetting(Number value) {
  return std::to_string(value);
}

// Keeps the first impossible value of a recipe: file, key, the expected and the found.
class SettingChecks {
 public:
  explicit SettingChecks(std::string path) : path_(std::move(path)) {}

  template <typename Value>
  void Expect(bool holds, std::string_view key, const Value& value, std::string_view expected) {
    if (holds || !problem_.ok()) return;
    problem_ =
        Error{ErrorCode::kInvalidArgument,
              Concat({path_, ": ", key, ": expected ", expected, ", found ", ShowSetting(value)})};
  }
  template <typename Value>
  void Range(std::string_view key, Value value, double low, double high) {
    const auto number = static_cast<double>(value);
    Expect(number >= low && number <= high, key, value,
           Concat({FormatShortest(low), " to ", FormatShortest(high)}));
  }
  [[nodiscard]] const Status& problem() const { return problem_; }

 private:
  std::string path_;
  Status problem_;
};

}  // namespace gre
