#include "image/decode.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/file.h"
#include "core/strings.h"
#include "image/orient.h"
#include "image/vips_picture.h"

namespace gre {
namespace {

// One operation on `picture`; false (and the picture unchanged) when libvips refuses.
template <typename Operation>
bool Apply(VipsImagePtr& picture, Operation operation) {
  VipsImage* out = nullptr;
  if (operation(picture.get(), &out) != 0) {
    DropVipsErrors();
    return false;
  }
  picture.reset(out);
  return true;
}

// Profiles that call themselves sRGB change levels by rounding only; skipping them keeps decoded
// bytes equal to those of decoders without colour management.
bool IsSrgbProfile(std::string_view profile) {
  using namespace std::string_view_literals;
  return profile.find("sRGB"sv) != std::string_view::npos ||
         profile.find("s\0R\0G\0B"sv) != std::string_view::npos;
}

// Pictures whose bands mean nothing to libvips count as grey or RGB by their number.
bool NameBands(VipsImagePtr& picture) {
  const VipsInterpretation guess = vips_image_guess_interpretation(picture.get());
  if (guess != VIPS_INTERPRETATION_MULTIBAND && guess != VIPS_INTERPRETATION_ERROR) {
    return true;
  }
  const bool grey = vips_image_get_bands(picture.get()) < 3;
  const bool wide = vips_image_get_format(picture.get()) == VIPS_FORMAT_USHORT;
  const VipsInterpretation meaning =
      grey ? (wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
           : (wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
  return Apply(picture,
               [&](VipsImage* in, VipsImage** out) {
                 return vips_extract_band(in, out, 0, "n", grey ? 1 : 3, nullptr);
               }) &&
         Apply(picture, [&](VipsImage* in, VipsImage** out) {
           return vips_copy(in, out, "interpretation", meaning, nullptr);
         });
}

// Lays a fourth band as alpha over white; further bands are dropped.
bool FlattenAlpha(VipsImagePtr& picture) {
  const int bands = vips_image_get_bands(picture.get());
  if (bands > 4 && !Apply(picture, [](VipsImage* in, VipsImage** out) {
        return vips_extract_band(in, out, 0, "n", 4, nullptr);
      })) {
    return false;
  }
  if (bands < 4) {
    return bands == 3;
  }
  const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> white(
      vips_array_double_newv(1, 255.0),
      [](VipsArrayDouble* array) { vips_area_unref(VIPS_AREA(array)); });
  return Apply(picture, [&](VipsImage* in, VipsImage** out) {
    return vips_flatten(in, out, "background", white.get(), nullptr);
  });
}

// To three bands of 8-bit sRGB over white; lazily, still top to bottom.
bool ConvertToRgb(VipsImagePtr& picture) {
  const std::string_view profile = MetadataBlob(picture.get(), VIPS_META_ICC_NAME);
  if (!profile.empty() && !IsSrgbProfile(profile)) {
    // A profile that is broken or does not fit the pixels is ignored, as browsers do.
    Apply(picture, [](VipsImage* in, VipsImage** out) {
      return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE,
                                "black_point_compensation", TRUE, "depth", 8, nullptr);
    });
  }
  if (!NameBands(picture)) {
    return false;
  }
  const auto to_srgb = [](VipsImage* in, VipsImage** out) {
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr);
  };
  const auto to_bytes = [](VipsImage* in, VipsImage** out) {
    return vips_cast(in, out, VIPS_FORMAT_UCHAR, nullptr);
  };
  return (vips_image_guess_interpretation(picture.get()) == VIPS_INTERPRETATION_sRGB ||
          Apply(picture, to_srgb)) &&
         (vips_image_get_format(picture.get()) == VIPS_FORMAT_UCHAR || Apply(picture, to_bytes)) &&
         FlattenAlpha(picture);
}

std::string CheckSize(int width, int height, const DecodeLimits& limits) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height) + " pixels";
  if (limits.max_side > 0 && std::max(width, height) > limits.max_side) {
    return size + " exceed the limit of " + std::to_string(limits.max_side) + " for a side";
  }
  if (limits.max_pixels > 0 && int64_t{width} * height > limits.max_pixels) {
    return size + " exceed the limit of " + std::to_string(limits.max_pixels / 1'000'000) +
           " megapixels";
  }
  if (limits.max_aspect > 0 &&
      std::max(width, height) > int64_t{limits.max_aspect} * std::min(width, height)) {
    return size + ": one side is more than " + std::to_string(limits.max_aspect) +
           " times the other; crop it first";
  }
  return {};
}

std::string DescribeUnknown(std::string_view bytes) {
  if (bytes.empty()) {
    return "the file is empty";
  }
  const std::string head = AsciiLower(Trim(bytes.substr(0, 256)));
  std::string reason =
      "not a picture that can be read here (JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF)";
  if (head.starts_with("<!doctype html") || head.starts_with("<html")) {
    reason += ": it is a web page";
  } else if (head.starts_with("%pdf")) {
    reason += ": it is a PDF document";
  }
  return reason;
}

// Runs the pipeline strip by strip in this thread.
bool ReadPixels(VipsImage* picture, RgbImage& image) {
  const VipsRegionPtr region(vips_region_new(picture));
  if (region == nullptr) {
    return false;
  }
  constexpr int kStrip = 64;  // rows
  const size_t row_bytes = static_cast<size_t>(image.width) * 3;
  image.pixels.resize(row_bytes * static_cast<size_t>(image.height));
  uint8_t* out = image.pixels.data();
  for (int top = 0; top < image.height; top += kStrip) {
    const VipsRect strip{0, top, image.width, std::min(kStrip, image.height - top)};
    if (vips_region_prepare(region.get(), &strip) != 0) {
      return false;
    }
    for (int y = top; y < top + strip.height; ++y, out += row_bytes) {
      std::memcpy(out, VIPS_REGION_ADDR(region.get(), 0, y), row_bytes);
    }
  }
  return true;
}

struct OpenedPicture {
  VipsImagePtr picture;
  PictureFormat format = PictureFormat::kUnknown;
};

Error Refusal(std::string reason) { return {ErrorCode::kInvalidInput, std::move(reason)}; }

// Reads the header and checks it against the limits.
Result<OpenedPicture> Open(std::string_view bytes, const DecodeLimits& limits) {
  if (limits.max_file_bytes > 0 && bytes.size() > limits.max_file_bytes) {
    return Refusal("the file has " + std::to_string(bytes.size()) +
                   " bytes, more than the limit of " + std::to_string(limits.max_file_bytes));
  }
  const PictureFormat format = SniffFormat(bytes);
  if (format == PictureFormat::kUnknown) {
    return Refusal(DescribeUnknown(bytes));
  }
  if (const auto claim = PeekWebpSize(bytes)) {
    if (std::string problem = CheckSize(claim->width, claim->height, limits); !problem.empty()) {
      return Refusal(std::move(problem));
    }
  }
  GRE_RETURN_IF_ERROR(StartVips());
  VipsImagePtr picture = OpenPicture(bytes, format);
  if (picture == nullptr) {
    DropVipsErrors();
    return Refusal("truncated or damaged " + std::string(FormatName(format)) + " file");
  }
  if (std::string problem = CheckSize(vips_image_get_width(picture.get()),
                                      vips_image_get_height(picture.get()), limits);
      !problem.empty()) {
    return Refusal(std::move(problem));
  }
  return OpenedPicture{std::move(picture), format};
}

Result<RgbImage> Decode(std::string_view bytes, const DecodeLimits& limits) {
  GRE_ASSIGN_OR_RETURN(OpenedPicture opened, Open(bytes, limits));
  VipsImagePtr picture = std::move(opened.picture);
  const std::string name(FormatName(opened.format));
  RgbImage image{vips_image_get_width(picture.get()), vips_image_get_height(picture.get()), {}};
  const int orientation = vips_image_get_orientation(picture.get());
  if (!ConvertToRgb(picture)) {
    return Refusal("the colours of this " + name + " file cannot be converted to sRGB");
  }
  if (!ReadPixels(picture.get(), image)) {
    DropVipsErrors();
    return Refusal("truncated or damaged " + name + " file: its pixels cannot be read to the end");
  }
  picture.reset();
  return ApplyOrientation(std::move(image), orientation);
}

std::string_view ExtensionOf(PictureFormat format) {
  switch (format) {
    case PictureFormat::kJpeg:
      return "jpg";
    case PictureFormat::kPng:
      return "png";
    case PictureFormat::kWebp:
      return "webp";
    case PictureFormat::kTiff:
      return "tif";
    case PictureFormat::kHeif:
      return "heif";
    case PictureFormat::kGif:
      return "gif";
    case PictureFormat::kUnknown:
      break;
  }
  return "";
}

}  // namespace

Result<PictureHeader> ReadPictureHeader(std::string_view bytes, std::string_view name,
                                        const DecodeLimits& limits) {
  const Result<OpenedPicture> opened = Open(bytes, limits);
  if (!opened.ok()) return Error(opened.error()).Wrap(name);
  VipsImage* picture = opened->picture.get();
  PictureHeader header{std::string(ExtensionOf(opened->format)), vips_image_get_width(picture),
                       vips_image_get_height(picture)};
  // codes 5 to 8 turn by a quarter
  if (vips_image_get_orientation(picture) >= 5) std::swap(header.width, header.height);
  return header;
}

Result<RgbImage> DecodeImage(std::string_view bytes, std::string_view name,
                             const DecodeLimits& limits) {
  Result<RgbImage> image = Decode(bytes, limits);
  if (!image.ok()) {
    return std::move(image).error().Wrap(name);
  }
  return image;
}

Result<RgbImage> DecodeImageFile(const std::string& path, const DecodeLimits& limits) {
  GRE_ASSIGN_OR_RETURN(
      const std::string bytes,
      ReadFile(path, limits.max_file_bytes > 0 ? limits.max_file_bytes : SIZE_MAX));
  return DecodeImage(bytes, path, limits);
}

}  // namespace gre
