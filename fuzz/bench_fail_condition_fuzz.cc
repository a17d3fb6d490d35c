// Conditions of --fail-if: whatever is read is well-formed, whatever is not names a character.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bench/compare/fail_condition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto condition = gre::ParseFailCondition({reinterpret_cast<const char*>(data), size});
  if (condition.ok()) {
    if (condition->metric.empty() || !std::isfinite(condition->number)) std::abort();
    (void)condition->Fails(0.5, 0.5);
  } else if (condition.error().message.find(": character ") == std::string::npos) {
    std::abort();
  }
  return 0;
}
