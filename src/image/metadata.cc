#include "image/metadata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include <libexif/exif-data.h>
#include <libexif/exif-tag.h>

#include "core/strings.h"
#include "image/decode.h"
#include "image/tiff_exif.h"
#include "image/vips_picture.h"

namespace gre {
namespace {

// GPS tags by their EXIF numbers: libexif's names for them clash with those of other directories.
enum GpsTag : int {
  kLatitudeRef = 0x01,
  kLatitude = 0x02,
  kLongitudeRef = 0x03,
  kLongitude = 0x04,
  kAltitudeRef = 0x05,
  kAltitude = 0x06,
  kTimeStamp = 0x07,
  kImgDirectionRef = 0x10,
  kImgDirection = 0x11,
  kProcessingMethod = 0x1B,
  kDateStamp = 0x1D,
  kHPositioningError = 0x1F,
};

// EXIF 2.3 tags that older libexif has no names for.
enum PrivateTag : int {
  kHostComputer = 0x013C,
  kCameraOwnerName = 0xA430,
  kBodySerialNumber = 0xA431,
  kLensSerialNumber = 0xA435,
};

constexpr size_t kMaxTextBytes = 128;

struct ExifDataUnref {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};
using ExifDataPtr = std::unique_ptr<ExifData, ExifDataUnref>;

// Typed reading of one file's EXIF; collects what is there but unusable.
class ExifReader {
 public:
  explicit ExifReader(ExifData& data) : data_(data), order_(exif_data_get_byte_order(&data)) {}

  [[nodiscard]] bool Has(ExifIfd ifd, int tag) const { return Find(ifd, tag) != nullptr; }

  // Printable text without padding; empty when absent or of another type.
  [[nodiscard]] std::string Text(ExifIfd ifd, int tag) const {
    const ExifEntry* entry = Find(ifd, tag);
    if (entry == nullptr || entry->format != EXIF_FORMAT_ASCII) {
      return {};
    }
    return Clean({reinterpret_cast<const char*>(entry->data), entry->size});
  }

  // EXIF type "undefined" with an 8-byte character code in front; ASCII is what cameras write.
  [[nodiscard]] std::string CodedText(ExifIfd ifd, int tag) const {
    const ExifEntry* entry = Find(ifd, tag);
    if (entry == nullptr || entry->size <= 8) {
      return {};
    }
    std::string text(reinterpret_cast<const char*>(entry->data) + 8, entry->size - 8);
    std::erase(text, '\0');  // UTF-16 of Latin letters becomes readable too
    return Clean(text);
  }

  // `N` rationals as numbers; nullopt when absent, of another type or length, or divided by zero.
  template <size_t N>
  [[nodiscard]] std::optional<std::array<double, N>> Rationals(ExifIfd ifd, int tag) const {
    const ExifEntry* entry = Find(ifd, tag);
    if (entry == nullptr || entry->components != N || entry->size < N * 8 ||
        (entry->format != EXIF_FORMAT_RATIONAL && entry->format != EXIF_FORMAT_SRATIONAL)) {
      return std::nullopt;
    }
    std::array<double, N> values;
    for (size_t i = 0; i < N; ++i) {
      double denominator = 0;
      if (entry->format == EXIF_FORMAT_RATIONAL) {
        const ExifRational value = exif_get_rational(entry->data + 8 * i, order_);
        values[i] = value.numerator;
        denominator = value.denominator;
      } else {
        const ExifSRational value = exif_get_srational(entry->data + 8 * i, order_);
        values[i] = value.numerator;
        denominator = value.denominator;
      }
      if (denominator == 0) {
        return std::nullopt;
      }
      values[i] /= denominator;
    }
    return values;
  }

  [[nodiscard]] std::optional<int> Short(ExifIfd ifd, int tag) const {
    const ExifEntry* entry = Find(ifd, tag);
    if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) {
      return std::nullopt;
    }
    return exif_get_short(entry->data, order_);
  }

  [[nodiscard]] std::optional<int> Byte(ExifIfd ifd, int tag) const {
    const ExifEntry* entry = Find(ifd, tag);
    if (entry == nullptr || entry->size < 1) {
      return std::nullopt;
    }
    return entry->data[0];
  }

 private:
  [[nodiscard]] const ExifEntry* Find(ExifIfd ifd, int tag) const {
    const ExifEntry* entry =
        exif_content_get_entry(data_.ifd[ifd], static_cast<ExifTag>(tag));  // NOLINT
    return entry != nullptr && entry->data != nullptr ? entry : nullptr;
  }

  static std::string Clean(std::string_view raw) {
    raw = raw.substr(0, std::min(raw.find('\0'), kMaxTextBytes));
    std::string text = ReplaceInvalidUtf8(raw);
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    return std::string(Trim(text));
  }

  ExifData& data_;
  ExifByteOrder order_;
};

class MetadataBuilder {
 public:
  explicit MetadataBuilder(ExifData& data) : exif_(data) {}

  PhotoMetadata Build() {
    ReadPosition();
    ReadAltitude();
    ReadHeading();
    ReadTimes();
    metadata_.camera_make = exif_.Text(EXIF_IFD_0, EXIF_TAG_MAKE);
    metadata_.camera_model = exif_.Text(EXIF_IFD_0, EXIF_TAG_MODEL);
    if (const auto code = exif_.Short(EXIF_IFD_0, EXIF_TAG_ORIENTATION)) {
      if (*code >= 1 && *code <= 8) {
        metadata_.orientation = *code;
      } else if (*code != 0) {  // 0 is what some writers put for "unknown"
        Problem("orientation " + std::to_string(*code) + " is not 1 to 8");
      }
    }
    return std::move(metadata_);
  }

 private:
  void Problem(const std::string& what) {
    metadata_.problems += (metadata_.problems.empty() ? "" : "; ") + what;
  }

  // d + m/60 + s/3600 with the sign of the hemisphere letter; 0 degrees are fine, a missing letter
  // is not.
  std::optional<double> Coordinate(int tag, int ref_tag, char positive, char negative,
                                   const char* name) {
    const std::string ref = exif_.Text(EXIF_IFD_GPS, ref_tag);
    const auto dms = exif_.Rationals<3>(EXIF_IFD_GPS, tag);
    if (!dms) {
      Problem(std::string("GPS ") + name + " is not three proper fractions");
      return std::nullopt;
    }
    const char letter = ref.empty() ? '\0' : static_cast<char>(ref[0] & ~0x20);  // upper case
    if (letter != positive && letter != negative) {
      Problem(std::string("GPS ") + name + " has no " + positive + "/" + negative + " letter");
      return std::nullopt;
    }
    const auto [degrees, minutes, seconds] = *dms;
    if (degrees < 0 || minutes < 0 || minutes > 60 || seconds < 0 || seconds > 60) {
      Problem(std::string("GPS ") + name + " has minutes or seconds out of range");
      return std::nullopt;
    }
    const double value = degrees + minutes / 60 + seconds / 3600;
    return letter == negative ? -value : value;
  }

  void ReadPosition() {
    const bool has_latitude = exif_.Has(EXIF_IFD_GPS, kLatitude);
    const bool has_longitude = exif_.Has(EXIF_IFD_GPS, kLongitude);
    if (!has_latitude && !has_longitude) {
      return;
    }
    if (!has_latitude || !has_longitude) {
      Problem(has_latitude ? "GPS longitude is missing" : "GPS latitude is missing");
      return;
    }
    const auto latitude = Coordinate(kLatitude, kLatitudeRef, 'N', 'S', "latitude");
    const auto longitude = Coordinate(kLongitude, kLongitudeRef, 'E', 'W', "longitude");
    if (!latitude || !longitude) {
      return;
    }
    const auto position = LatLng::FromDegrees(*latitude, *longitude);
    if (!position) {
      Problem("GPS position " + FormatFixed(*latitude, 5) + ", " + FormatFixed(*longitude, 5) +
              " is not on Earth");
      return;
    }
    if (*latitude == 0 && *longitude == 0) {
      Problem("GPS position is 0, 0: a placeholder");
      return;
    }
    metadata_.gps = position;
    metadata_.gps_estimated =
        AsciiLower(exif_.CodedText(EXIF_IFD_GPS, kProcessingMethod)).find("estimated") !=
        std::string::npos;
    if (const auto radius = exif_.Rationals<1>(EXIF_IFD_GPS, kHPositioningError);
        radius && (*radius)[0] >= 0) {
      metadata_.gps_accuracy_m = (*radius)[0];
    }
  }

  void ReadAltitude() {
    if (!exif_.Has(EXIF_IFD_GPS, kAltitude)) {
      return;
    }
    const auto altitude = exif_.Rationals<1>(EXIF_IFD_GPS, kAltitude);
    if (!altitude) {
      Problem("GPS altitude is not a proper fraction");
      return;
    }
    const bool below = exif_.Byte(EXIF_IFD_GPS, kAltitudeRef).value_or(0) == 1;
    metadata_.altitude_m = below ? -(*altitude)[0] : (*altitude)[0];
  }

  void ReadHeading() {
    if (!exif_.Has(EXIF_IFD_GPS, kImgDirection)) {
      return;
    }
    const auto heading = exif_.Rationals<1>(EXIF_IFD_GPS, kImgDirection);
    if (!heading || (*heading)[0] < 0 || (*heading)[0] > 360) {
      Problem("GPS image direction is not within 0 to 360 degrees");
      return;
    }
    metadata_.heading_deg = (*heading)[0] == 360 ? 0 : (*heading)[0];
    metadata_.heading_is_magnetic = exif_.Text(EXIF_IFD_GPS, kImgDirectionRef) == "M";
  }

  void ReadTimes() {
    std::string stamp = exif_.Text(EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL);
    int offset_tag = EXIF_TAG_OFFSET_TIME_ORIGINAL;
    if (stamp.empty()) {
      stamp = exif_.Text(EXIF_IFD_0, EXIF_TAG_DATE_TIME);
      offset_tag = EXIF_TAG_OFFSET_TIME;
    }
    if (!stamp.empty()) {
      metadata_.taken_at = IsoTime(stamp);
      if (metadata_.taken_at.empty()) {
        if (stamp.find_first_not_of(" :0") != std::string::npos) {  // blanks and zeros mean unset
          Problem("time '" + stamp + "' is not YYYY:MM:DD HH:MM:SS");
        }
      } else if (const std::string offset = exif_.Text(EXIF_IFD_EXIF, offset_tag);
                 offset.size() == 6 && (offset[0] == '+' || offset[0] == '-') && offset[3] == ':') {
        metadata_.taken_at += offset;
      }
    }
    const std::string date = exif_.Text(EXIF_IFD_GPS, kDateStamp);
    const auto clock = exif_.Rationals<3>(EXIF_IFD_GPS, kTimeStamp);
    if (!date.empty() && clock) {
      std::array<char, 16> text{};
      const auto [hour, minute, second] = *clock;
      if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 61) {
        std::snprintf(text.data(), text.size(), " %02d:%02d:%02d", static_cast<int>(hour),
                      static_cast<int>(minute), static_cast<int>(second));
        if (const std::string time = IsoTime(date + text.data()); !time.empty()) {
          metadata_.gps_time_utc = time + "Z";
        }
      }
    }
  }

  // "2019:07:02 18:04:31" (also with '-' in the date, as some phones write) to ISO 8601; empty when
  // it is no time.
  static std::string IsoTime(const std::string& stamp) {
    constexpr std::string_view kShape = "0000:00:00 00:00:00";
    if (stamp.size() < kShape.size()) {
      return {};
    }
    std::string iso = stamp.substr(0, kShape.size());
    std::array<int, 6> fields{};
    size_t field = 0;
    for (size_t i = 0; i < kShape.size(); ++i) {
      if (kShape[i] == '0') {
        if (iso[i] < '0' || iso[i] > '9') {
          return {};
        }
        fields[field] = fields[field] * 10 + (iso[i] - '0');
        continue;
      }
      ++field;
      const bool in_date = i < 10;
      if (iso[i] != kShape[i] && !(in_date && iso[i] == '-') && !(i == 10 && iso[i] == 'T')) {
        return {};
      }
    }
    const auto [year, month, day, hour, minute, second] = fields;
    if (year < 1800 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60) {
      return {};
    }
    iso[4] = iso[7] = '-';
    iso[10] = 'T';
    return iso;
  }

  ExifReader exif_;
  PhotoMetadata metadata_;
};

// The picture's header for its metadata; null for what is none. Not for TIFF, whose EXIF libvips
// does not give.
VipsImagePtr OpenForMetadata(std::string_view bytes) {
  const PictureFormat format = SniffFormat(bytes);
  if (format == PictureFormat::kUnknown || !StartVips().ok()) {
    return nullptr;
  }
  if (const auto claim = PeekWebpSize(bytes);
      claim && int64_t{claim->width} * claim->height > DecodeLimits{}.max_pixels) {
    return nullptr;
  }
  VipsImagePtr picture = OpenPicture(bytes, format);
  if (picture == nullptr) {
    DropVipsErrors();
  }
  return picture;
}

// The file's EXIF block as libexif wants it: "Exif\0\0" and a TIFF structure. Empty without one.
std::string ExifBlock(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::string_view kHeader = "Exif\0\0"sv;
  std::string block;
  if (SniffFormat(bytes) == PictureFormat::kTiff) {
    block = CompactTiffExif(bytes);
  } else if (const VipsImagePtr picture = OpenForMetadata(bytes)) {
    block = MetadataBlob(picture.get(), VIPS_META_EXIF_NAME);
  }
  return block.empty() || block.starts_with(kHeader) ? block : std::string(kHeader) + block;
}

// Null when the block is damaged.
ExifDataPtr LoadExif(std::string_view block) {
  using namespace std::string_view_literals;
  const std::string_view structure = block.substr(6);
  ExifDataPtr data(exif_data_new());
  if (data == nullptr || (!structure.starts_with("II*\0"sv) && !structure.starts_with("MM\0*"sv))) {
    return nullptr;
  }
  // The block as it is: no corrections by libexif.
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_load_data(data.get(), reinterpret_cast<const unsigned char*>(block.data()),
                      static_cast<unsigned>(block.size()));
  return data;
}

}  // namespace

PhotoMetadata ReadMetadata(std::string_view bytes) {
  const std::string block = ExifBlock(bytes);
  if (block.empty()) {
    return {};
  }
  const ExifDataPtr data = LoadExif(block);
  if (data == nullptr) {
    PhotoMetadata damaged;
    damaged.problems = "EXIF block is damaged";
    return damaged;
  }
  return MetadataBuilder(*data).Build();
}

std::vector<std::string> PrivateMetadataKeys(std::string_view bytes) {
  std::vector<std::string> keys;
  const auto add = [&keys](bool found, const char* key) {
    if (found) keys.emplace_back(key);
  };
  if (const std::string block = ExifBlock(bytes); !block.empty()) {
    if (const ExifDataPtr data = LoadExif(block)) {
      const ExifReader exif(*data);
      add(!exif.Text(EXIF_IFD_0, EXIF_TAG_ARTIST).empty(), "artist");
      add(!exif.Text(EXIF_IFD_EXIF, kBodySerialNumber).empty(), "body_serial_number");
      add(exif.Has(EXIF_IFD_GPS, kLatitude) && exif.Has(EXIF_IFD_GPS, kLongitude), "gps");
      add(!exif.Text(EXIF_IFD_0, kHostComputer).empty(), "host_computer");
      add(!exif.Text(EXIF_IFD_EXIF, EXIF_TAG_IMAGE_UNIQUE_ID).empty(), "image_unique_id");
      add(!exif.Text(EXIF_IFD_EXIF, kLensSerialNumber).empty(), "lens_serial_number");
      add(exif.Has(EXIF_IFD_EXIF, EXIF_TAG_MAKER_NOTE), "maker_note");
      add(!exif.Text(EXIF_IFD_EXIF, kCameraOwnerName).empty(), "owner_name");
      add(data->data != nullptr && data->size > 0, "thumbnail");
      add(!exif.CodedText(EXIF_IFD_EXIF, EXIF_TAG_USER_COMMENT).empty(), "user_comment");
    }
  }
  if (const VipsImagePtr picture = OpenForMetadata(bytes)) {
    add(!MetadataBlob(picture.get(), VIPS_META_IPTC_NAME).empty(), "iptc");
    const std::string_view xmp = MetadataBlob(picture.get(), VIPS_META_XMP_NAME);
    add(xmp.find("creator") != std::string_view::npos, "xmp_creator");
    add(xmp.find("GPSLatitude") != std::string_view::npos, "xmp_gps");
    add(xmp.find("SerialNumber") != std::string_view::npos, "xmp_serial_number");
  }
  std::ranges::sort(keys);
  return keys;
}

}  // namespace gre
