#pragma once

#include <cstddef>
#include <string_view>

namespace gre {

// The pre-tokenizer pattern of Qwen2, Qwen2.5 and Qwen3, as their tokenizer.json spells it.
inline constexpr std::string_view kQwenSplitPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

// End of the piece that kQwenSplitPattern matches at `begin` (the pattern matches at every position
// of every text). `text` must be well-formed UTF-8 and `begin` < text.size() a character boundary.
// Linear in the piece's length. Thread-safe.
size_t QwenPieceEnd(std::string_view text, size_t begin);

}  // namespace gre
