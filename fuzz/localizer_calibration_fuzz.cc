// calibration.json: whatever is read must write text that reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "localizer/confidence.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto calibration = gre::Calibration::Parse({reinterpret_cast<const char*>(data), size});
  if (calibration.ok()) {
    (void)calibration->FitFor(8);
    const std::string text = calibration->ToJson();
    const auto again = gre::Calibration::Parse(text);
    if (!again.ok() || again->ToJson() != text) std::abort();
  }
  return 0;
}
