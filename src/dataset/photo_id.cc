#include "dataset/photo_id.h"

#include <algorithm>
#include <array>

#include "core/strings.h"

namespace gre {
namespace {

constexpr std::array<std::string_view, 15> kImageExtensions = {
    "jpg",  "jpeg", "png", "webp", "tif", "tiff", "heic", "heif",
    "avif", "gif",  "bmp", "jp2",  "jxl", "ppm",  "jpe"};

}  // namespace

IdParts SplitId(std::string_view id) {
  IdParts parts;
  parts.without_extension = id;
  if (const size_t dot = id.rfind('.'); dot != std::string_view::npos && dot + 1 < id.size()) {
    const std::string extension = AsciiLower(id.substr(dot + 1));
    if (std::ranges::find(kImageExtensions, extension) != kImageExtensions.end()) {
      parts.extension = id.substr(dot + 1);
      parts.without_extension = id.substr(0, dot);
    }
  }
  parts.stem = parts.without_extension;
  if (const size_t slash = parts.stem.find_last_of("/\\"); slash != std::string_view::npos) {
    parts.folder = parts.stem.substr(0, slash);
    parts.stem.remove_prefix(slash + 1);
  }
  return parts;
}

std::string_view IdStem(std::string_view id) { return SplitId(id).stem; }

}  // namespace gre
