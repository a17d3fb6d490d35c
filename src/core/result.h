#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/check.h"

namespace gre {

// What kind of failure an Error is; maps to exit codes in cli and to nothing else.
enum class ErrorCode {
  kInvalidInput,      // a file, photo, reply or record that is not what it should be
  kInvalidArgument,   // a wrong flag, option or configuration value
  kNotFound,          // a path, model or name that does not exist
  kUnavailable,       // the environment lacks something: server, disk, memory, package
  kDeadlineExceeded,  // a time limit ran out
  kCancelled,         // the caller or the user stopped the work
  kRefused,           // a remote service declined the request (authorisation, content policy)
  kInternal,          // a defect of this program or an exception of a library
};

std::string_view ErrorCodeName(ErrorCode code);  // "invalid_input", "invalid_argument", ...

// An expected failure. `message` is one line: what, where, expected, found, what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  // The same error with "context: " before its message.
  Error Wrap(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
  }
};

// A value or an Error. Reading the value of a failed Result is a programmer error and aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    GRE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    GRE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    GRE_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    GRE_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    GRE_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

// Success or an Error, for functions without a value. A default Status is success.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    GRE_CHECK(!ok());
    return *error_;
  }
  Error&& error() && {
    GRE_CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace gre

#define GRE_CONCAT_INNER(a, b) a##b
#define GRE_CONCAT(a, b) GRE_CONCAT_INNER(a, b)

// GRE_ASSIGN_OR_RETURN(auto x, F()): x = the value of F(), or return its error.
#define GRE_ASSIGN_OR_RETURN(declaration, expression) \
  GRE_ASSIGN_OR_RETURN_IMPL(GRE_CONCAT(gre_result_, __LINE__), declaration, expression)
#define GRE_ASSIGN_OR_RETURN_IMPL(temporary, declaration, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) {                                              \
    return std::move(temporary).error();                              \
  }                                                                   \
  declaration = std::move(temporary).value()

// Returns the error of a Status or Result expression, if it has one.
#define GRE_RETURN_IF_ERROR(expression)                     \
  do {                                                      \
    if (auto gre_status = (expression); !gre_status.ok()) { \
      return std::move(gre_status).error();                 \
    }                                                       \
  } while (false)
