#include "tokenizer/streaming_detokenizer.h"

#include <utility>

#include "core/strings.h"

namespace gre {
namespace {

// Length of the suffix that more bytes could still turn into one character: a lead byte with fewer
// continuation bytes than it asks for. Cutting there never changes what ReplaceInvalidUtf8 makes of
// the whole, as no ill-formed subpart reaches past a lead byte.
size_t UnfinishedSuffix(std::string_view bytes) {
  for (size_t length = 1; length <= 3 && length <= bytes.size(); ++length) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - length]);
    if (byte < 0x80) return 0;
    if (byte >= 0xC0) {
      const size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      return length < needed ? length : 0;
    }
  }
  return 0;
}

}  // namespace

std::string StreamingDetokenizer::Append(int32_t id) {
  if (skip_special_ && tokenizer_->IsSpecial(id)) return {};
  pending_.append(tokenizer_->TokenBytes(id));
  const size_t complete = pending_.size() - UnfinishedSuffix(pending_);
  std::string text = ReplaceInvalidUtf8(std::string_view(pending_).substr(0, complete));
  pending_.erase(0, complete);
  return text;
}

std::string StreamingDetokenizer::Flush() {
  return ReplaceInvalidUtf8(std::exchange(pending_, {}));
}

}  // namespace gre
