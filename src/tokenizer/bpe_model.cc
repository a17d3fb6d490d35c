#include "tokenizer/bpe_model.h"

#include <algorithm>
#include <bit>
#include <queue>

#include "tokenizer/byte_alphabet.h"

namespace gre {
namespace {

// Up to this many bytes a scan over all pairs beats a heap.
constexpr size_t kShortPiece = 48;

uint64_t PairKey(int32_t left, int32_t right) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
}

size_t HashPair(uint64_t key) {
  key *= 0x9E3779B97F4A7C15;
  return static_cast<size_t>(key ^ (key >> 32));
}

}  // namespace

BpeModel::BpeModel(PieceTable pieces)
    : pieces_(std::move(pieces)),
      self_(std::make_unique<std::atomic<uint8_t>[]>(static_cast<size_t>(pieces_.size()))) {}

Result<BpeModel> BpeModel::Create(PieceTable pieces, std::span<const Merge> merges) {
  BpeModel model(std::move(pieces));
  for (size_t byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    model.byte_ids_[byte] = model.pieces_.Find({&c, 1});
    if (model.byte_ids_[byte] == PieceTable::kNone) {
      return Error{ErrorCode::kInvalidInput, "model.vocab: expected all 256 single bytes, '" +
                                                 SpellByte(static_cast<unsigned char>(byte)) +
                                                 "' is missing"};
    }
  }
  model.slots_.resize(std::bit_ceil(std::max<size_t>(merges.size() * 2, 16)));
  std::string result;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto [left, right] = merges[rank];
    result.assign(model.pieces_.Bytes(left)).append(model.pieces_.Bytes(right));
    const int32_t id = model.pieces_.Find(result);
    const auto fail = [&](const std::string& problem) {
      return Error{ErrorCode::kInvalidInput,
                   "model.merges[" + std::to_string(rank) + "]: expected " + problem};
    };
    if (id == PieceTable::kNone) {
      return fail("a merge into a piece of the vocabulary, found ids " + std::to_string(left) +
                  " and " + std::to_string(right));
    }
    if (!model.AddMerge(left, right, {static_cast<uint32_t>(rank), id})) {
      return fail("each merge once, found it again");
    }
  }
  return model;
}

bool BpeModel::AddMerge(int32_t left, int32_t right, Joined joined) {
  const uint64_t key = PairKey(left, right);
  const size_t mask = slots_.size() - 1;
  size_t i = HashPair(key) & mask;
  while (slots_[i].pair != UINT64_MAX) {
    if (slots_[i].pair == key) return false;
    i = (i + 1) & mask;
  }
  slots_[i] = {key, joined};
  return true;
}

BpeModel::Joined BpeModel::Lookup(int32_t left, int32_t right) const {
  const uint64_t key = PairKey(left, right);
  const size_t mask = slots_.size() - 1;
  for (size_t i = HashPair(key) & mask;; i = (i + 1) & mask) {
    if (slots_[i].pair == key) return slots_[i].joined;
    if (slots_[i].pair == UINT64_MAX) return {};
  }
}

void BpeModel::Encode(std::string_view piece, std::vector<int32_t>& ids) const {
  if (piece.size() == 1) {
    ids.push_back(byte_ids_[static_cast<unsigned char>(piece[0])]);
    return;
  }
  const int32_t whole = pieces_.Find(piece);
  if (whole == PieceTable::kNone) return MergeBytes(piece, ids);
  // Threads may race to the same answer; nothing else depends on this byte, so relaxed is enough.
  std::atomic<uint8_t>& self = self_[static_cast<size_t>(whole)];
  const uint8_t known = self.load(std::memory_order_relaxed);
  if (known == kSelf) {
    ids.push_back(whole);
    return;
  }
  const size_t before = ids.size();
  MergeBytes(piece, ids);
  if (known == kUnknown) {
    const bool is_self = ids.size() == before + 1 && ids.back() == whole;
    self.store(is_self ? kSelf : kSplit, std::memory_order_relaxed);
  }
}

void BpeModel::MergeBytes(std::string_view piece, std::vector<int32_t>& ids) const {
  return piece.size() <= kShortPiece ? MergeShort(piece, ids) : MergeLong(piece, ids);
}

void BpeModel::MergeShort(std::string_view piece, std::vector<int32_t>& ids) const {
  int32_t symbols[kShortPiece];
  Joined pairs[kShortPiece];  // pairs[i] joins symbols i and i + 1
  size_t n = piece.size();
  for (size_t i = 0; i < n; ++i) symbols[i] = byte_ids_[static_cast<unsigned char>(piece[i])];
  for (size_t i = 0; i + 1 < n; ++i) pairs[i] = Lookup(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == kNever) break;
    symbols[best] = pairs[best].id;
    --n;
    std::copy(symbols + best + 2, symbols + n + 1, symbols + best + 1);
    std::copy(pairs + best + 1, pairs + n, pairs + best);
    if (best > 0) pairs[best - 1] = Lookup(symbols[best - 1], symbols[best]);
    if (best + 1 < n) pairs[best] = Lookup(symbols[best], symbols[best + 1]);
  }
  ids.insert(ids.end(), symbols, symbols + n);
}

void BpeModel::MergeLong(std::string_view piece, std::vector<int32_t>& ids) const {
  constexpr int32_t kGone = -1;
  struct Symbol {
    int32_t id;
    size_t previous;
    size_t next;
  };
  struct Candidate {
    uint32_t rank;
    size_t position;  // of the left symbol
    int32_t left, right, joined;

    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  const size_t n = piece.size();
  std::vector<Symbol> symbols(n);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto propose = [&](size_t position) {
    const size_t next = symbols[position].next;
    if (next >= n) return;
    const int32_t left = symbols[position].id;
    const int32_t right = symbols[next].id;
    const Joined joined = Lookup(left, right);
    if (joined.rank != kNever) candidates.push({joined.rank, position, left, right, joined.id});
  };
  for (size_t i = 0; i < n; ++i) {
    symbols[i] = {byte_ids_[static_cast<unsigned char>(piece[i])], i - 1, i + 1};
  }
  for (size_t i = 0; i + 1 < n; ++i) propose(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.position];
    // A candidate is stale once one of its symbols was merged.
    if (left.id != best.left || left.next >= n || symbols[left.next].id != best.right) continue;
    Symbol& right = symbols[left.next];
    right.id = kGone;
    left.id = best.joined;
    left.next = right.next;
    if (left.next < n) symbols[left.next].previous = best.position;
    if (best.position > 0) propose(left.previous);
    propose(best.position);
  }
  for (size_t i = 0; i < n; i = symbols[i].next) ids.push_back(symbols[i].id);
}

}  // namespace gre
