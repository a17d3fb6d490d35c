#include "cli/command.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "core/strings.h"

namespace gre {
namespace {

Error BadValue(const std::string& source, const std::string& text, const std::string& expected) {
  return {ErrorCode::kInvalidArgument, source + " " + QuoteWord(text) + ": expected " + expected};
}

std::string RangeText(const OptionSpec& option, const std::string& kind) {
  const bool has_min = std::isfinite(option.min);
  const bool has_max = std::isfinite(option.max);
  if (has_min && has_max) {
    return kind + " from " + FormatShortest(option.min) + " to " + FormatShortest(option.max);
  }
  if (has_min) {
    return kind + " of at least " + FormatShortest(option.min);
  }
  return has_max ? kind + " of at most " + FormatShortest(option.max) : kind;
}

std::optional<bool> ParseBool(const std::string& text) {
  const std::string lower = AsciiLower(text);
  if (lower == "1" || lower == "true" || lower == "yes" || lower == "on") {
    return true;
  }
  if (lower == "0" || lower == "false" || lower == "no" || lower == "off") {
    return false;
  }
  return std::nullopt;
}

template <typename Integer>
std::optional<Integer> ParseInteger(const std::string& text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

ExitCode ExitCodeOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidInput:
      return kExitUsage;
    case ErrorCode::kUnavailable:
    case ErrorCode::kNotFound:
    case ErrorCode::kRefused:
    case ErrorCode::kDeadlineExceeded:
      return kExitEnvironment;
    case ErrorCode::kCancelled:
      return kExitInterrupted;
    case ErrorCode::kInternal:
      return kExitSomeFailed;
  }
  return kExitSomeFailed;
}

void Append(std::vector<OptionSpec>& options, std::vector<OptionSpec> more) {
  options.insert(options.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

std::string QuoteWord(const std::string& word) {
  const size_t equals = word.find('=');
  return "'" + (equals == std::string::npos ? word : word.substr(0, equals) + "=...") + "'";
}

std::string DisplayName(const OptionSpec& option) {
  return option.positional ? option.name : "--" + option.name;
}

std::string EnvironmentName(const OptionSpec& option) {
  std::string name = "GRE_";
  for (const char c : option.name) {
    name.push_back(c == '-' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::string TargetText(const OptionSpec& option) {
  return std::visit(
      [](auto* value) -> std::string {
        using T = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
          return *value ? "true" : "";
        } else if constexpr (std::is_same_v<T, std::string>) {
          return *value;
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          std::string text;
          for (const std::string& item : *value) {
            text += (text.empty() ? "" : " ") + item;
          }
          return text;
        } else if constexpr (std::is_same_v<T, std::optional<double>>) {
          return value->has_value() ? FormatShortest(**value) : "";
        } else if constexpr (std::is_same_v<T, double>) {
          return FormatShortest(*value);
        } else {
          return std::to_string(*value);
        }
      },
      option.target);
}

Status AssignOption(const OptionSpec& option, const std::string& text, const std::string& source) {
  if (!option.choices.empty() &&
      std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end()) {
    std::string expected = "one of";
    for (const std::string& choice : option.choices) {
      expected += " " + choice;
    }
    return BadValue(source, text, expected);
  }
  const auto in_range = [&](double value) { return value >= option.min && value <= option.max; };
  return std::visit(
      [&](auto* target) -> Status {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, bool>) {
          const std::optional<bool> value = ParseBool(text);
          if (!value) {
            return BadValue(source, text, "true or false");
          }
          *target = *value;
        } else if constexpr (std::is_same_v<T, std::string>) {
          *target = text;
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          target->push_back(text);
        } else if constexpr (std::is_integral_v<T>) {
          const std::optional<T> value = ParseInteger<T>(text);
          if (!value || !in_range(static_cast<double>(*value))) {
            return BadValue(source, text, RangeText(option, "a whole number"));
          }
          *target = *value;
        } else {
          const std::optional<double> value = ParseDouble(text);
          if (!value || !in_range(*value)) {
            return BadValue(source, text, RangeText(option, "a number"));
          }
          *target = *value;
        }
        return {};
      },
      option.target);
}

}  // namespace gre
