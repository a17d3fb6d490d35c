#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tokenizer/piece_table.h"

namespace gre {

// Byte-pair merges over a vocabulary of byte strings. Immutable but for a lock-free memo of which
// pieces encode to themselves; const calls are thread-safe.
class BpeModel {
 public:
  struct Merge {
    int32_t left = 0;
    int32_t right = 0;
  };

  // `merges` in order of rank. Fails when one of the 256 single bytes is no piece, when a merge is
  // listed twice or when its result is no piece.
  static Result<BpeModel> Create(PieceTable pieces, std::span<const Merge> merges);

  // Appends the ids of one pre-tokenizer piece: starting from its bytes, the adjacent pair of
  // lowest rank is joined (leftmost first) until none is left. O(n log n) for any input.
  void Encode(std::string_view piece, std::vector<int32_t>& ids) const;

  [[nodiscard]] const PieceTable& pieces() const { return pieces_; }

 private:
  // What a pair of neighbours merges to.
  struct Joined {
    uint32_t rank = kNever;
    int32_t id = 0;
  };
  static constexpr uint32_t kNever = UINT32_MAX;
  // Whether a vocabulary piece, encoded, is that piece: true for almost all, not for all.
  enum Self : uint8_t { kUnknown, kSelf, kSplit };

  explicit BpeModel(PieceTable pieces);
  [[nodiscard]] Joined Lookup(int32_t left, int32_t right) const;
  bool AddMerge(int32_t left, int32_t right, Joined joined);
  void MergeBytes(std::string_view piece, std::vector<int32_t>& ids) const;
  void MergeShort(std::string_view piece, std::vector<int32_t>& ids) const;
  void MergeLong(std::string_view piece, std::vector<int32_t>& ids) const;

  struct Slot {
    uint64_t pair = UINT64_MAX;
    Joined joined;
  };
  PieceTable pieces_;
  std::array<int32_t, 256> byte_ids_ = {};
  std::vector<Slot> slots_;  // open addressing, linear probing, at most half full
  std::unique_ptr<std::atomic<uint8_t>[]> self_;  // Self by id
};

}  // namespace gre
