#pragma once

namespace gre {

// Prints the failed condition with its place to stderr and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace gre

// For programmer errors only, never for user input; active in every build type.
#define GRE_CHECK(condition)                              \
  do {                                                    \
    if (!(condition)) [[unlikely]] {                      \
      ::gre::CheckFailed(#condition, __FILE__, __LINE__); \
    }                                                     \
  } while (false)
