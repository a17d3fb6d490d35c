#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gre {

// ASCII white space at both ends removed.
std::string_view Trim(std::string_view text);
std::vector<std::string_view> Split(std::string_view text, char separator);
std::string AsciiLower(std::string_view text);
// The parts one after the other, in one allocation.
std::string Concat(std::initializer_list<std::string_view> parts);
// Locale-independent; the whole text must be a finite number (leading '+' allowed).
std::optional<double> ParseDouble(std::string_view text);
std::optional<long long> ParseInt(std::string_view text);
// Fixed notation with `decimals` digits after the point, locale-independent; "-0.0" becomes "0.0".
std::string FormatFixed(double value, int decimals);
// Shortest text that reads back as the same double.
std::string FormatShortest(double value);
// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);
// Invalid sequences become U+FFFD (one per maximal ill-formed subpart, as WHATWG and Unicode ask).
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace gre
