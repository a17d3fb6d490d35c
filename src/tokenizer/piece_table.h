#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gre {

// The pieces of a vocabulary: bytes by id and id by bytes. Ids may have holes. Immutable after
// loading; const calls are thread-safe.
class PieceTable {
 public:
  static constexpr int32_t kNone = -1;

  // Reserves room, so that no Add() within these limits moves memory.
  PieceTable(size_t piece_count, size_t total_bytes);

  // False when the bytes or the id are already there. `bytes` must not be empty, `id` >= 0.
  bool Add(int32_t id, std::string_view bytes);

  // kNone when there is no such piece.
  [[nodiscard]] int32_t Find(std::string_view bytes) const;
  // Empty for ids without a piece.
  [[nodiscard]] std::string_view Bytes(int32_t id) const;
  // One more than the largest id.
  [[nodiscard]] int32_t size() const { return static_cast<int32_t>(ranges_.size()); }

 private:
  struct Range {
    uint32_t begin = 0;
    uint32_t length = 0;
  };
  struct Slot {
    uint32_t hash = 0;
    int32_t id = kNone;
  };

  [[nodiscard]] size_t FindSlot(std::string_view bytes, uint32_t hash) const;
  void Grow();

  std::string bytes_;          // all pieces, one after the other
  std::vector<Range> ranges_;  // by id
  std::vector<Slot> slots_;    // open addressing, linear probing, at most half full
  size_t count_ = 0;
};

}  // namespace gre
