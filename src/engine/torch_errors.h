#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "core/result.h"

namespace gre {

// The exception being handled as an Error "context: reason" of one line: kUnavailable when memory
// ran out (of the machine or of the device), else kInternal. Call only inside a catch block.
Error CurrentExceptionAsError(std::string_view context);

// Calls `function` and turns what it throws into an Error. A function that returns Result or Status
// keeps its type, a value T becomes Result<T>, void becomes Status.
template <typename Function>
auto CatchTorchErrors(std::string_view context, Function&& function) {
  using Value = std::invoke_result_t<Function>;
  constexpr bool kIsVoid = std::is_void_v<Value>;
  constexpr bool kHasError = std::is_constructible_v<Value, Error>;
  using Returned = std::conditional_t<
      kIsVoid, Status,
      std::conditional_t<kHasError, Value, Result<std::conditional_t<kIsVoid, int, Value>>>>;
  try {
    if constexpr (kIsVoid) {
      std::forward<Function>(function)();
      return Returned();
    } else {
      return Returned(std::forward<Function>(function)());
    }
  } catch (...) {
    return Returned(CurrentExceptionAsError(context));
  }
}

}  // namespace gre
