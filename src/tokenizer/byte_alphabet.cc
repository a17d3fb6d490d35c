#include "tokenizer/byte_alphabet.h"

#include <array>
#include <cstdint>

namespace gre {
namespace {

constexpr int kAlphabetEnd = 256 + 68;

constexpr bool IsPrintable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<int16_t, kAlphabetEnd> byte_of_char;
  std::array<int16_t, 256> char_of_byte;
};

constexpr Alphabet MakeAlphabet() {
  Alphabet alphabet = {};
  alphabet.byte_of_char.fill(-1);
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const int character = IsPrintable(byte) ? byte : next++;
    alphabet.byte_of_char[static_cast<size_t>(character)] = static_cast<int16_t>(byte);
    alphabet.char_of_byte[static_cast<size_t>(byte)] = static_cast<int16_t>(character);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = MakeAlphabet();

}  // namespace

bool AppendSpelledBytes(std::string_view spelled, std::string& bytes) {
  for (size_t i = 0; i < spelled.size(); ++i) {
    unsigned character = static_cast<unsigned char>(spelled[i]);
    if (character >= 0x80) {  // the alphabet ends below U+0800: two bytes a character
      if (character >= 0xE0 || i + 1 >= spelled.size()) return false;
      character = ((character & 0x1F) << 6) | (static_cast<unsigned char>(spelled[++i]) & 0x3F);
    }
    if (character >= kAlphabetEnd || kAlphabet.byte_of_char[character] < 0) return false;
    bytes.push_back(static_cast<char>(kAlphabet.byte_of_char[character]));
  }
  return true;
}

std::string SpellByte(unsigned char byte) {
  const int character = kAlphabet.char_of_byte[byte];
  if (character < 0x80) return {static_cast<char>(character)};
  return {static_cast<char>(0xC0 | (character >> 6)), static_cast<char>(0x80 | (character & 0x3F))};
}

}  // namespace gre
