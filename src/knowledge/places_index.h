#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "knowledge/degree_grid.h"
#include "knowledge/kd_tree.h"

namespace gre {

// The file behind the gazetteer (places.bin): built once from the table of places, then mapped. The
// file is the memory, in the byte order of the machine that wrote it: a cache, never shipped.
// Internal to knowledge. Immutable and thread-safe; copies share the bytes.
class PlacesIndex {
 public:
  struct Record {
    int32_t latitude_e5;
    int32_t longitude_e5;
    uint32_t name;  // offsets of texts; equal texts have equal offsets
    uint32_t region;
    uint32_t sub_region;
    std::array<char, 2> country_code;
    std::array<char, 2> unused;
  };
  // A name by which a place is found: the hash of its folded name, and of the folded name with
  // merged digraphs where that differs.
  struct Name {
    uint32_t hash;
    uint32_t place;
  };

  // Builds the bytes of an index from the table's text: a line "lat,lon,name,admin1,admin2,cc",
  // then one line a place, RFC 4180. Places without a name are left out. Fails naming the line.
  static Result<std::string> Build(std::string_view csv);

  // `bytes` as Build made them from a table of `csv_bytes` bytes, kept by `owner`; kInvalidInput
  // when they are not.
  static Result<PlacesIndex> Open(std::shared_ptr<const void> owner,
                                  std::span<const std::byte> bytes, uint64_t csv_bytes);

  static uint32_t HashName(std::string_view folded);

  [[nodiscard]] std::span<const Record> records() const {
    return records_;
  }                                                                     // in the table's order
  [[nodiscard]] std::span<const Name> names() const { return names_; }  // by hash, then place
  // Items are the indices of records. The tree is of unit vectors.
  [[nodiscard]] const KdTree& sphere() const { return sphere_; }
  [[nodiscard]] const DegreeGrid& degrees() const { return degrees_; }
  // The zero-terminated text at an offset; empty for a wrong one.
  [[nodiscard]] std::string_view Text(uint32_t offset) const;

 private:
  std::shared_ptr<const void> owner_;
  std::span<const Record> records_;
  std::span<const Name> names_;
  std::span<const char> texts_;
  KdTree sphere_;
  DegreeGrid degrees_;
};

}  // namespace gre
