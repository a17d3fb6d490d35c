#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reasoning/answer_words.h"

namespace gre {

// The tokens of an answer text. Internal to reasoning.

enum class TokenKind : uint8_t {
  kNumber,
  kWord,  // see Token::word
  kDegree,
  kPrime,
  kDoublePrime,
  kComma,
  kSemicolon,
  kColon,
  kEquals,
  kSlash,
  kPipe,
  kOpen,
  kClose,
  kNewline,
  kSymbol,  // anything else
};

struct Token {
  TokenKind kind = TokenKind::kSymbol;
  WordKind word = WordKind::kNone;
  bool space_before = false;  // white space or start of text
  bool space_after = false;   // white space or end of text

  // Numbers only.
  double magnitude = 0;  // not negative; infinite when too large to represent
  char sign = 0;         // '+', '-' or 0
  bool has_fraction = false;
  bool decimal_comma = false;
  bool glued = false;       // its sign directly follows a digit, as in ISO 6709
  bool loose_dash = false;  // a dash and a space stand before it: a minus sign or punctuation?
  bool usable = true;       // false: part of a word, a date, a quantity with a unit
};

// A number at `at` of folded text: digits with an optional fraction and exponent, no sign.
// `length` 0 when there is none.
struct ScannedNumber {
  double value = 0;
  size_t length = 0;
  bool has_fraction = false;
  bool decimal_comma = false;
};
ScannedNumber ScanNumber(std::u32string_view text, size_t at, bool decimal_comma);

// `text` as FoldForScan leaves it. With `decimal_comma`, a comma directly between two digits is the
// decimal mark. The markers of numbered lists ("1. ", "2) ") are dropped.
std::vector<Token> LexAnswer(std::u32string_view text, bool decimal_comma);

}  // namespace gre
