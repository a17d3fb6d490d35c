#include "image/tiff_exif.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace gre {
namespace {

constexpr uint16_t kExifPointer = 0x8769;
constexpr uint16_t kGpsPointer = 0x8825;
constexpr uint16_t kLong = 4;        // TIFF type
constexpr size_t kMaxEntries = 256;  // of one directory
constexpr size_t kMaxValueBytes = 1024;
constexpr size_t kMaxBlockBytes = 64000;

// Bytes of one value by TIFF type 1..12.
constexpr std::array<size_t, 13> kTypeBytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

class Compactor {
 public:
  Compactor(std::string_view file, bool big_endian) : file_(file), big_endian_(big_endian) {}

  std::string Run() {
    out_.append(file_.substr(0, 4));
    AppendInt(8, 4);
    const std::optional<uint64_t> first = ReadInt(4, 4);
    if (!first || !CopyDirectory(*first, 0)) {
      return {};
    }
    return std::move(out_);
  }

 private:
  struct Entry {
    uint16_t tag = 0;
    uint16_t type = 0;
    uint32_t count = 0;
    std::string_view value;  // in file byte order
    uint64_t directory = 0;  // where a sub-directory lies; 0 for an ordinary value
  };

  [[nodiscard]] std::optional<uint64_t> ReadInt(uint64_t at, size_t bytes) const {
    if (at > file_.size() || bytes > file_.size() - at) {
      return std::nullopt;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      value =
          value << 8 | static_cast<unsigned char>(file_[at + (big_endian_ ? i : bytes - 1 - i)]);
    }
    return value;
  }

  [[nodiscard]] std::string EncodeInt(uint64_t value, size_t bytes) const {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) {
      text.push_back(static_cast<char>(value >> (8 * (big_endian_ ? bytes - 1 - i : i))));
    }
    return text;
  }
  void AppendInt(uint64_t value, size_t bytes) { out_ += EncodeInt(value, bytes); }

  [[nodiscard]] std::optional<Entry> ReadEntry(uint64_t at, int depth) const {
    const auto tag = ReadInt(at, 2);
    const auto type = ReadInt(at + 2, 2);
    const auto count = ReadInt(at + 4, 4);
    if (!tag || !type || !count || *type == 0 || *type >= kTypeBytes.size()) {
      return std::nullopt;
    }
    Entry entry{static_cast<uint16_t>(*tag),
                static_cast<uint16_t>(*type),
                static_cast<uint32_t>(*count),
                {},
                0};
    const uint64_t bytes = *count * kTypeBytes[*type];
    if (bytes > kMaxValueBytes) {
      return std::nullopt;
    }
    const auto place = bytes <= 4 ? std::optional<uint64_t>(at + 8) : ReadInt(at + 8, 4);
    if (!place || *place > file_.size() || bytes > file_.size() - *place) {
      return std::nullopt;
    }
    entry.value = file_.substr(*place, bytes);
    if (entry.tag == kExifPointer || entry.tag == kGpsPointer) {
      const auto directory = ReadInt(*place, 4);
      if (depth > 0 || entry.type != kLong || entry.count != 1 || !directory || *directory == 0) {
        return std::nullopt;
      }
      entry.directory = *directory;
    }
    return entry;
  }

  // Appends the directory at `at` of the file; entries that cannot be read are left out.
  bool CopyDirectory(uint64_t at, int depth) {
    const auto count = ReadInt(at, 2);
    if (!count || *count > kMaxEntries) {
      return false;
    }
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < *count; ++i) {
      if (const auto entry = ReadEntry(at + 2 + 12 * i, depth)) {
        entries.push_back(*entry);
      }
    }
    AppendInt(entries.size(), 2);
    const size_t table = out_.size();
    for (const Entry& entry : entries) {
      AppendInt(entry.tag, 2);
      AppendInt(entry.type, 2);
      AppendInt(entry.count, 4);
      std::string inline_value(entry.value.substr(0, 4));
      inline_value.resize(4);
      out_ += inline_value;
    }
    AppendInt(0, 4);  // no next directory: thumbnails are not wanted
    for (size_t i = 0; i < entries.size(); ++i) {
      const size_t value_at = table + 12 * i + 8;
      const size_t begin = out_.size();
      if (entries[i].directory != 0) {
        out_.replace(value_at, 4, EncodeInt(begin, 4));
        if (!CopyDirectory(entries[i].directory, depth + 1)) {
          AppendInt(0, 2);  // an empty directory
        }
      } else if (entries[i].value.size() > 4) {
        out_.replace(value_at, 4, EncodeInt(begin, 4));
        out_ += entries[i].value;
      }
      if (out_.size() > kMaxBlockBytes) {
        return false;
      }
    }
    return true;
  }

  std::string_view file_;
  bool big_endian_;
  std::string out_;
};

}  // namespace

std::string CompactTiffExif(std::string_view file) {
  using namespace std::string_view_literals;
  if (file.starts_with("II*\0"sv)) {
    return Compactor(file, false).Run();
  }
  if (file.starts_with("MM\0*"sv)) {
    return Compactor(file, true).Run();
  }
  return {};
}

}  // namespace gre
