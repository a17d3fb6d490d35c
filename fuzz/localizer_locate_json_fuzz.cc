// A line of an earlier results file: what is read must write text that reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "localizer/locate_json.h"
#include "localizer/locate_json_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto result = gre::ReadLocateJson({reinterpret_cast<const char*>(data), size});
  if (!result.ok()) {
    if (result.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const std::string text = gre::LocateJson(*result);
  const auto again = gre::ReadLocateJson(text);
  if (!again.ok() || gre::LocateJson(*again) != text) std::abort();
  return 0;
}
