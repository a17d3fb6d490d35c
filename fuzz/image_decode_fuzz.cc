// Any bytes decode to a consistent picture or are refused in one line.
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gre::DecodeLimits limits;
  limits.max_pixels = 1 << 20;  // keeps a round short
  const auto image = gre::DecodeImage({reinterpret_cast<const char*>(data), size}, "input", limits);
  if (image.ok()) {
    GRE_CHECK(image->width > 0 && image->height > 0);
    GRE_CHECK(image->pixels.size() == size_t{3} * image->width * image->height);
  } else {
    GRE_CHECK(image.error().message.find('\n') == std::string::npos);
  }
  return 0;
}
