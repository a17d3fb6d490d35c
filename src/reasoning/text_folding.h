#pragma once

#include <string>
#include <string_view>

namespace gre {

// Brings the many ways of writing coordinates to one alphabet for the answer lexer. Internal to
// reasoning. Linear; accepts any bytes (ill-formed UTF-8 becomes U+FFFD).
//
// Folded: letter case; decimal digits of every script to 0-9; full-width forms; minus and hyphen
// signs to '-'; degree signs and 度 to U+00B0; primes, apostrophes and 分 to '\''; double primes,
// quotation marks and 秒 to '"'; separators of other scripts to ';'; spaces to ' '. Dropped:
// zero-width characters and Markdown marks (* ` $ ^ #). Decoded: HTML character references,
// \uXXXX and other JSON escapes, a few LaTeX commands; HTML tags become a space.
std::u32string FoldForScan(std::string_view utf8);

// True for scripts that put no space between words (Han, kana, Hangul with its particles, Thai).
bool IsUnspacedScript(char32_t c);
bool IsLetter(char32_t c);

}  // namespace gre
