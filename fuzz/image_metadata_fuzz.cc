// Any EXIF block, read as a TIFF file and inside a JPEG file, yields values within their ranges.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/strings.h"
#include "image/metadata.h"

namespace {

void Check(std::string_view bytes) {
  const gre::PhotoMetadata metadata = gre::ReadMetadata(bytes);
  if (metadata.gps) {
    GRE_CHECK(gre::LatLng::FromDegrees(metadata.gps->latitude_deg, metadata.gps->longitude_deg));
  }
  GRE_CHECK(metadata.heading_deg.value_or(0) >= 0 && metadata.heading_deg.value_or(0) < 360);
  GRE_CHECK(metadata.orientation >= 1 && metadata.orientation <= 8);
  for (const std::string* text :
       {&metadata.camera_make, &metadata.camera_model, &metadata.taken_at, &metadata.problems}) {
    GRE_CHECK(text->find('\n') == std::string::npos && gre::IsValidUtf8(*text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view block(reinterpret_cast<const char*>(data), size);
  Check(block);
  // A grey JPEG header with the block in front: enough for the header pass.
  const size_t length = std::min<size_t>(size, 60'000) + 8;
  std::string jpeg = "\xFF\xD8\xFF\xE1";
  jpeg += {static_cast<char>(length >> 8), static_cast<char>(length)};
  jpeg += std::string("Exif\0\0", 6);
  jpeg += block.substr(0, length - 8);
  jpeg += std::string(
      "\xFF\xC0\0\x0B\x08\0\x08\0\x08\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3F\0", 23);
  Check(jpeg);
  return 0;
}
