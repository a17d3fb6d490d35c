#include "image/encode.h"

#include "core/check.h"
#include "image/vips_picture.h"

namespace gre {
namespace {

template <typename Saver>
Result<std::string> Encode(const RgbImage& image, std::string_view format, Saver save) {
  GRE_CHECK(image.width > 0 && image.height > 0);
  GRE_CHECK(image.pixels.size() == static_cast<size_t>(image.width) * image.height * 3);
  GRE_RETURN_IF_ERROR(StartVips());
  const VipsImagePtr picture(vips_image_new_from_memory(
      image.pixels.data(), image.pixels.size(), image.width, image.height, 3, VIPS_FORMAT_UCHAR));
  void* data = nullptr;
  size_t size = 0;
  if (picture != nullptr) {
    picture->Type = VIPS_INTERPRETATION_sRGB;
    if (save(picture.get(), &data, &size) == 0) {
      const std::unique_ptr<void, GFree> owner(data);
      return std::string(static_cast<const char*>(data), size);
    }
  }
  DropVipsErrors();
  return Error{ErrorCode::kInvalidInput, "a picture of " + std::to_string(image.width) + "x" +
                                             std::to_string(image.height) +
                                             " pixels cannot be written as " + std::string(format)};
}

}  // namespace

Result<std::string> EncodeJpeg(const RgbImage& image, int quality) {
  GRE_CHECK(quality >= 1 && quality <= 100);
  return Encode(image, "JPEG", [&](VipsImage* picture, void** data, size_t* size) {
    return vips_jpegsave_buffer(picture, data, size, "Q", quality, "strip", TRUE, "optimize_coding",
                                TRUE, nullptr);
  });
}

Result<std::string> EncodePng(const RgbImage& image) {
  return Encode(image, "PNG", [](VipsImage* picture, void** data, size_t* size) {
    return vips_pngsave_buffer(picture, data, size, "strip", TRUE, nullptr);
  });
}

}  // namespace gre
