#include "core/json.h"

#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/file.h"

namespace gre {
namespace {

// Builds the value through nlohmann's DOM parser while refusing duplicate keys and depth. The
// library's parser is iterative, so depth cannot exhaust the stack before the check below sees it.
class LimitChecker {
 public:
  explicit LimitChecker(const JsonLimits& limits) : limits_(limits) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth + 1 > limits_.max_depth)
        Fail("nesting deeper than " + std::to_string(limits_.max_depth));
      if (event == Event::object_start) keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      Fail("duplicate key \"" + parsed.get<std::string>() + "\"");
    }
    return true;
  }

 private:
  struct Violation : std::exception {
    explicit Violation(std::string text) : message(std::move(text)) {}
    [[nodiscard]] const char* what() const noexcept override { return message.c_str(); }
    std::string message;
  };
  [[noreturn]] static void Fail(std::string message) { throw Violation(std::move(message)); }

  JsonLimits limits_;
  std::vector<std::set<std::string>> keys_;
};

// "line 2, column 1: unexpected end of input", out of the parser's own message.
std::string ReadableReason(std::string what) {
  if (const size_t end = what.find("] "); end != std::string::npos) what.erase(0, end + 2);
  constexpr std::string_view kPlace = "parse error at ";
  const size_t colon = what.find(": ");
  if (!what.starts_with(kPlace) || colon == std::string::npos) return what;
  const std::string place = what.substr(kPlace.size(), colon - kPlace.size());
  const size_t context = what.find(" - ", colon);
  std::string reason = what.substr(context == std::string::npos ? colon + 2 : context + 3);
  return place + ": " + reason.substr(0, reason.find("; "));
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kInvalidInput, "JSON of " + std::to_string(text.size()) +
                                               " bytes is over the limit of " +
                                               std::to_string(limits.max_bytes)};
  }
  try {
    return Json::parse(text.begin(), text.end(), LimitChecker(limits));
  } catch (const nlohmann::json::exception& e) {
    return Error{ErrorCode::kInvalidInput, "not valid JSON: " + ReadableReason(e.what())};
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInvalidInput, std::string("not acceptable JSON: ") + e.what()};
  }
}

Result<Json> ReadJsonFile(const std::string& path, const JsonLimits& limits) {
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits.max_bytes));
  Result<Json> parsed = ParseJson(text, limits);
  if (!parsed.ok()) return std::move(parsed).error().Wrap(path);
  return parsed;
}

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gre
