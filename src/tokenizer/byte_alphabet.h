#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gre {

// GPT-2's printable spelling of raw bytes, in which byte-level tokenizer files write their pieces:
// bytes 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF stand for themselves, the other 68 are U+0100, U+0101, …
// in rising order.

// Appends the bytes that `spelled` (UTF-8) stands for; false when a character is not of the
// alphabet, and then `bytes` keeps what was appended so far.
bool AppendSpelledBytes(std::string_view spelled, std::string& bytes);

// The spelling of one byte, UTF-8.
std::string SpellByte(unsigned char byte);

}  // namespace gre
