#pragma once

#include <string_view>

namespace gre {

// What ClipTokenizer and the reader of its files share. Internal to tokenizer.

// Stands for "</w>" in the pieces: a byte that no well-formed UTF-8 holds. The first 256 merges
// join it to each single byte, so that every word begins from the symbols that CLIP begins from.
inline constexpr char kEndOfWord = '\xFF';

inline constexpr std::string_view kClipBegin = "<|startoftext|>";
inline constexpr std::string_view kClipEnd = "<|endoftext|>";

// CLIP's pre-tokenizer pattern, as its tokenizer.json spells it. What it does not match (white
// space) is dropped.
inline constexpr std::string_view kClipSplitPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

}  // namespace gre
