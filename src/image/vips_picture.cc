#include "image/vips_picture.h"

#include <mutex>

#include "core/log.h"
#include "core/strings.h"

namespace gre {
namespace {

void LogToDebug(const gchar* domain, GLogLevelFlags /*level*/, const gchar* message,
                gpointer /*data*/) {
  LogDebug(std::string(domain != nullptr ? domain : "glib") + ": " + message);
}

// The major brand or any compatible brand of an ISO base media file.
bool IsHeifBrand(std::string_view brand) {
  for (const std::string_view known :
       {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"}) {
    if (brand == known) {
      return true;
    }
  }
  return false;
}

bool IsHeif(std::string_view bytes) {
  if (bytes.size() < 16 || bytes.substr(4, 4) != "ftyp") {
    return false;
  }
  const size_t box = std::min<size_t>(static_cast<unsigned char>(bytes[3]), bytes.size());
  for (size_t at = 8; at + 4 <= box; at += at == 8 ? 8 : 4) {  // skips the minor version
    if (IsHeifBrand(bytes.substr(at, 4))) {
      return true;
    }
  }
  return false;
}

}  // namespace

PictureFormat SniffFormat(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) {
    return PictureFormat::kJpeg;
  }
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) {
    return PictureFormat::kPng;
  }
  if (bytes.starts_with("RIFF"sv) && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP"sv) {
    return PictureFormat::kWebp;
  }
  if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) ||
      bytes.starts_with("II+\0"sv) || bytes.starts_with("MM\0+"sv)) {
    return PictureFormat::kTiff;
  }
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) {
    return PictureFormat::kGif;
  }
  return IsHeif(bytes) ? PictureFormat::kHeif : PictureFormat::kUnknown;
}

std::string_view FormatName(PictureFormat format) {
  switch (format) {
    case PictureFormat::kJpeg:
      return "JPEG";
    case PictureFormat::kPng:
      return "PNG";
    case PictureFormat::kWebp:
      return "WebP";
    case PictureFormat::kTiff:
      return "TIFF";
    case PictureFormat::kHeif:
      return "HEIF";
    case PictureFormat::kGif:
      return "GIF";
    case PictureFormat::kUnknown:
      break;
  }
  return "unknown";
}

std::optional<ImageSize> PeekWebpSize(std::string_view bytes) {
  if (SniffFormat(bytes) != PictureFormat::kWebp || bytes.size() < 30) {
    return std::nullopt;
  }
  const auto number = [&](size_t at, size_t count) {  // little-endian
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      value |= static_cast<unsigned char>(bytes[at + i]) << (8 * i);
    }
    return value;
  };
  constexpr int kMask14 = (1 << 14) - 1;
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8X") {  // extended: 24 bits a side, less one
    return ImageSize{number(24, 3) + 1, number(27, 3) + 1};
  }
  if (chunk == "VP8L") {  // lossless: a signature byte, then 14 bits a side, less one
    const int sides = number(21, 4);
    return ImageSize{(sides & kMask14) + 1, (sides >> 14 & kMask14) + 1};
  }
  if (chunk == "VP8 ") {  // lossy: frame tag and start code, then 14 bits a side
    return ImageSize{number(26, 2) & kMask14, number(28, 2) & kMask14};
  }
  return std::nullopt;
}

Status StartVips() {
  static std::once_flag once;
  static bool started = false;
  std::call_once(once, [] {
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK), LogToDebug, nullptr);
    if (vips_init("gre") != 0) {
      return;
    }
    vips_block_untrusted_set(TRUE);
    vips_cache_set_max(0);
    vips_concurrency_set(1);
    started = true;
  });
  if (!started) {
    return Error{ErrorCode::kUnavailable, "libvips does not start; reinstall libvips42"};
  }
  return {};
}

VipsImagePtr OpenPicture(std::string_view bytes, PictureFormat format) {
  VipsImage* picture = nullptr;
  void* data = const_cast<char*>(bytes.data());  // loaders only read
  const auto open = [&](auto* loader) {
    loader(data, bytes.size(), &picture, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
           VIPS_FAIL_ON_ERROR, nullptr);
  };
  switch (format) {
    case PictureFormat::kJpeg:
      open(&vips_jpegload_buffer);
      break;
    case PictureFormat::kPng:
      open(&vips_pngload_buffer);
      break;
    case PictureFormat::kWebp:
      open(&vips_webpload_buffer);
      break;
    case PictureFormat::kTiff:
      open(&vips_tiffload_buffer);
      break;
    case PictureFormat::kHeif:
      open(&vips_heifload_buffer);
      break;
    case PictureFormat::kGif:
      open(&vips_gifload_buffer);
      break;
    case PictureFormat::kUnknown:
      break;
  }
  return VipsImagePtr(picture);
}

void DropVipsErrors() {
  const std::unique_ptr<char, GFree> text(vips_error_buffer_copy());
  if (text != nullptr && *text != '\0') {
    LogDebug("libvips: " + std::string(Trim(text.get())));
  }
}

std::string_view MetadataBlob(const VipsImage* picture, const char* name) {
  const void* data = nullptr;
  size_t size = 0;
  if (vips_image_get_typeof(picture, name) == 0 ||
      vips_image_get_blob(picture, name, &data, &size) != 0) {
    return {};
  }
  return {static_cast<const char*>(data), size};
}

}  // namespace gre
