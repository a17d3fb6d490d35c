#include "tokenizer/piece_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/check.h"

namespace gre {
namespace {

// Multiply-and-fold over 8-byte words; the length keeps zero padding apart from zero bytes.
uint32_t Hash(std::string_view bytes) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  uint64_t hash = bytes.size() * kMultiplier;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 29;
  };
  while (bytes.size() >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    mix(word);
    bytes.remove_prefix(8);
  }
  uint64_t word = 0;
  for (const char c : bytes) word = (word << 8) | static_cast<unsigned char>(c);
  mix(word);
  return static_cast<uint32_t>(hash >> 32);
}

}  // namespace

PieceTable::PieceTable(size_t piece_count, size_t total_bytes)
    : slots_(std::bit_ceil(std::max<size_t>(piece_count * 2, 16))) {
  bytes_.reserve(total_bytes);
  ranges_.reserve(piece_count);
}

size_t PieceTable::FindSlot(std::string_view bytes, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i].id != kNone && (slots_[i].hash != hash || Bytes(slots_[i].id) != bytes)) {
    i = (i + 1) & mask;
  }
  return i;
}

bool PieceTable::Add(int32_t id, std::string_view bytes) {
  GRE_CHECK(id >= 0 && !bytes.empty());
  if (!Bytes(id).empty()) return false;
  const uint32_t hash = Hash(bytes);
  size_t slot = FindSlot(bytes, hash);
  if (slots_[slot].id != kNone) return false;
  if (++count_ * 2 > slots_.size()) {
    Grow();
    slot = FindSlot(bytes, hash);
  }
  slots_[slot] = {hash, id};
  if (id >= size()) ranges_.resize(static_cast<size_t>(id) + 1);
  ranges_[static_cast<size_t>(id)] = {static_cast<uint32_t>(bytes_.size()),
                                      static_cast<uint32_t>(bytes.size())};
  bytes_.append(bytes);
  return true;
}

void PieceTable::Grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.size() * 2, Slot{});
  for (const Slot& slot : old) {
    if (slot.id != kNone) slots_[FindSlot(Bytes(slot.id), slot.hash)] = slot;
  }
}

int32_t PieceTable::Find(std::string_view bytes) const {
  return slots_[FindSlot(bytes, Hash(bytes))].id;
}

std::string_view PieceTable::Bytes(int32_t id) const {
  if (id < 0 || id >= size()) return {};
  const Range& range = ranges_[static_cast<size_t>(id)];
  return std::string_view(bytes_).substr(range.begin, range.length);
}

}  // namespace gre
