#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "image/encode.h"

namespace gre::testing {

// Builds a big-endian TIFF structure with a first, an EXIF and a GPS directory.
class ExifBuilder {
 public:
  struct Entry {
    int tag;
    int type;
    uint32_t count;
    std::string value;
  };

  static std::string Int(uint32_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) {
      text.push_back(static_cast<char>(value >> (8 * i)));
    }
    return text;
  }
  static Entry Ascii(int tag, const std::string& text) {
    return {tag, 2, static_cast<uint32_t>(text.size() + 1), text + '\0'};
  }
  static Entry Rationals(int tag, const std::vector<std::pair<uint32_t, uint32_t>>& values) {
    std::string bytes;
    for (const auto& [numerator, denominator] : values) {
      bytes += Int(numerator, 4) + Int(denominator, 4);
    }
    return {tag, 5, static_cast<uint32_t>(values.size()), bytes};
  }

  std::vector<Entry> first;
  std::vector<Entry> exif;
  std::vector<Entry> gps;

  [[nodiscard]] std::string Build() const {
    std::string out("MM\0*\0\0\0\x08", 8);
    std::vector<Entry> top = first;
    top.push_back({0x8769, 4, 1, ""});
    top.push_back({0x8825, 4, 1, ""});
    const uint32_t exif_at = 8 + Bytes(top);
    const uint32_t gps_at = exif_at + Bytes(exif);
    top[top.size() - 2].value = Int(exif_at, 4);
    top[top.size() - 1].value = Int(gps_at, 4);
    Append(out, top);
    Append(out, exif);
    Append(out, gps);
    return out;
  }

 private:
  static uint32_t Bytes(const std::vector<Entry>& entries) {
    size_t bytes = 2 + 12 * entries.size() + 4;
    for (const Entry& entry : entries) {
      bytes += entry.value.size() > 4 ? entry.value.size() : 0;
    }
    return static_cast<uint32_t>(bytes);
  }
  static void Append(std::string& out, const std::vector<Entry>& entries) {
    auto values_at = static_cast<uint32_t>(out.size() + 2 + 12 * entries.size() + 4);
    std::string values;
    out += Int(static_cast<uint32_t>(entries.size()), 2);
    for (const Entry& entry : entries) {
      out += Int(entry.tag, 2) + Int(entry.type, 2) + Int(entry.count, 4);
      if (entry.value.size() <= 4) {
        out += entry.value + std::string(4 - entry.value.size(), '\0');
      } else {
        out += Int(values_at + static_cast<uint32_t>(values.size()), 4);
        values += entry.value;
      }
    }
    out += Int(0, 4) + values;
  }
};

// 48 deg 51' 29.6" N, 2 deg 17' 40.2" E.
inline ExifBuilder Paris() {
  ExifBuilder builder;
  builder.gps = {
      ExifBuilder::Ascii(1, "N"), ExifBuilder::Rationals(2, {{48, 1}, {51, 1}, {296, 10}}),
      ExifBuilder::Ascii(3, "E"), ExifBuilder::Rationals(4, {{2, 1}, {17, 1}, {402, 10}})};
  return builder;
}

// A grey JPEG of 8 x 8 pixels with these metadata.
inline std::string JpegWithExif(uint8_t grey, const ExifBuilder& exif) {
  std::string jpeg = EncodeJpeg({8, 8, std::vector<uint8_t>(192, grey)}).value();
  const std::string block = std::string("Exif\0\0", 6) + exif.Build();
  jpeg.insert(2, "\xFF\xE1" + ExifBuilder::Int(static_cast<uint32_t>(block.size() + 2), 2) + block);
  return jpeg;
}

}  // namespace gre::testing
