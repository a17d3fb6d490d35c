#include "reasoning/text_folding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "core/strings.h"

namespace gre {
namespace {

constexpr char32_t kDropped = 0;
constexpr char32_t kReplacement = 0xFFFD;

struct NamedCharacter {
  std::string_view name;
  char32_t character;
};

constexpr std::array kHtmlNames = {
    NamedCharacter{"deg", 0xB0},    NamedCharacter{"minus", U'-'},  NamedCharacter{"ndash", U'-'},
    NamedCharacter{"nbsp", U' '},   NamedCharacter{"prime", U'\''}, NamedCharacter{"Prime", U'"'},
    NamedCharacter{"rsquo", U'\''}, NamedCharacter{"rdquo", U'"'},  NamedCharacter{"quot", U'"'},
    NamedCharacter{"apos", U'\''},  NamedCharacter{"amp", U'&'},    NamedCharacter{"comma", U','},
    NamedCharacter{"lt", U'<'},     NamedCharacter{"gt", U'>'},     NamedCharacter{"period", U'.'},
};

// LaTeX commands by what they leave behind.
constexpr std::array kLatexNames = {
    NamedCharacter{"circ", 0xB0},       NamedCharacter{"degree", 0xB0},
    NamedCharacter{"textdegree", 0xB0}, NamedCharacter{"prime", U'\''},
    NamedCharacter{"boxed", U' '},      NamedCharacter{"text", kDropped},
    NamedCharacter{"mathrm", kDropped}, NamedCharacter{"mathbf", kDropped},
    NamedCharacter{"textbf", kDropped}, NamedCharacter{"left", U' '},
    NamedCharacter{"right", U' '},      NamedCharacter{"quad", U' '},
    NamedCharacter{"approx", U' '},     NamedCharacter{"times", U'x'},
};

template <size_t kSize>
std::optional<char32_t> Lookup(const std::array<NamedCharacter, kSize>& table,
                               std::string_view name) {
  for (const NamedCharacter& entry : table) {
    if (entry.name == name) return entry.character;
  }
  return std::nullopt;
}

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<char32_t> ParseCodePoint(std::string_view digits, int base) {
  uint32_t value = 0;
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  for (const char c : digits) {
    const int digit = u_digit(static_cast<unsigned char>(c), static_cast<int8_t>(base));
    if (digit < 0) return std::nullopt;
    value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
  }
  if (value == 0 || value > 0x10FFFF) return std::nullopt;
  return value;
}

bool IsOneOf(char32_t c, std::u32string_view set) { return set.find(c) != set.npos; }

// Letters and digits; punctuation was folded before.
char32_t FoldAlphanumeric(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  if (u_charType(code) == U_DECIMAL_DIGIT_NUMBER) {
    return U'0' + static_cast<char32_t>(u_charDigitValue(code));
  }
  return static_cast<char32_t>(u_foldCase(code, U_FOLD_CASE_DEFAULT));
}

char32_t FoldCharacter(char32_t c) {
  if (c == U'，') return U';';                  // unlike an ASCII comma it never is a decimal comma
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // full-width ASCII
  if (IsOneOf(c, U"*`$^#\u00AD\u2060\uFEFF") || (c >= 0x200B && c <= 0x200F) ||
      (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
    return kDropped;
  }
  if (c == U'\r') return U'\n';
  if (IsOneOf(c, U"\t\v\f\u00A0\u202F\u205F\u3000") || (c >= 0x2000 && c <= 0x200A)) return U' ';
  if (IsOneOf(c, U"\u2212\u2010\u2011\u2012\u2013\uFE63\u207B")) return U'-';
  if (IsOneOf(c, U"\u00BA\u02DA\u2218\u25E6度")) return 0xB0;
  if (IsOneOf(c, U"\u2032\u2018\u2019\u00B4\u02B9\u02BC分")) return U'\'';
  if (IsOneOf(c, U"\u2033\u201C\u201D\u201E\u201F\u02BA\u3003«»秒")) return U'"';
  if (IsOneOf(c, U"\u3001\u060C\u061B")) return U';';
  if (IsOneOf(c, U"\u3002\u066B")) return U'.';
  return c < 0x80 && !(c >= U'A' && c <= U'Z') ? c : FoldAlphanumeric(c);
}

class Folder {
 public:
  explicit Folder(std::string_view text) : text_(text) {}

  std::u32string Run() {
    out_.reserve(text_.size());
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '&' && Reference()) continue;
      if (c == '\\' && Escape()) continue;
      if (c == '<' && Tag()) continue;
      Put(Next());
    }
    return std::move(out_);
  }

 private:
  char32_t Next() {
    UChar32 c = 0;
    auto offset = static_cast<int64_t>(at_);
    const auto size = static_cast<int64_t>(text_.size());
    const auto* bytes = reinterpret_cast<const uint8_t*>(text_.data());
    U8_NEXT(bytes, offset, size, c);
    at_ = static_cast<size_t>(offset);
    return c < 0 ? kReplacement : static_cast<char32_t>(c);
  }

  void Put(char32_t c) {
    const char32_t folded = FoldCharacter(c);
    if (folded != kDropped) out_.push_back(folded);
  }

  // &deg; &#176; &#xB0;
  bool Reference() {
    constexpr size_t kLongest = 10;
    const std::string_view rest = text_.substr(at_ + 1, kLongest);
    const size_t end = rest.find(';');
    if (end == std::string_view::npos) return false;
    const std::string_view name = rest.substr(0, end);
    std::optional<char32_t> c;
    if (name.starts_with("#x") || name.starts_with("#X")) {
      c = ParseCodePoint(name.substr(2), 16);
    } else if (name.starts_with('#')) {
      c = ParseCodePoint(name.substr(1), 10);
    } else {
      c = Lookup(kHtmlNames, name);
    }
    if (!c) return false;
    Put(*c);
    at_ += end + 2;
    return true;
  }

  // JSON's \uXXXX, \n, \", and LaTeX's \name; any other backslash disappears.
  bool Escape() {
    const std::string_view rest = text_.substr(at_ + 1);
    if (rest.starts_with('u')) {
      if (const auto c = ParseCodePoint(rest.substr(1, 4), 16); c && rest.size() >= 5) {
        Put(*c);
        at_ += 6;
        return true;
      }
    }
    constexpr size_t kLongestName = 12;
    const auto name_end = std::find_if_not(
        rest.begin(), rest.begin() + static_cast<long>(std::min(rest.size(), kLongestName)),
        IsAsciiLetter);
    const std::string_view name(rest.begin(), name_end);
    if (const auto left = Lookup(kLatexNames, name)) {
      if (*left != kDropped) out_.push_back(*left);
      at_ += 1 + name.size();
    } else if (rest.starts_with('n') || rest.starts_with('r') || rest.starts_with('t')) {
      out_.push_back(rest.starts_with('t') ? U' ' : U'\n');
      at_ += 2;
    } else {
      at_ += 1;
    }
    return true;
  }

  bool Tag() {
    constexpr size_t kLongestTag = 300;
    const std::string_view rest = text_.substr(at_ + 1, kLongestTag);
    if (rest.empty() || !(IsAsciiLetter(rest[0]) || rest[0] == '/' || rest[0] == '|')) return false;
    const size_t end = rest.find_first_of("<>");
    if (end == std::string_view::npos || rest[end] != '>') return false;
    out_.push_back(U' ');
    at_ += end + 2;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::u32string out_;
};

}  // namespace

std::u32string FoldForScan(std::string_view utf8) { return Folder(utf8).Run(); }

bool IsUnspacedScript(char32_t c) {
  return (c >= 0x0E00 && c <= 0x0E7F) ||  // Thai
         (c >= 0x3040 && c <= 0x30FF) ||  // kana
         (c >= 0x3400 && c <= 0x9FFF) ||  // Han
         (c >= 0xAC00 && c <= 0xD7AF);    // Hangul
}

bool IsLetter(char32_t c) {
  if (c < 0x80) return c >= U'a' && c <= U'z';
  const auto code = static_cast<UChar32>(c);
  return u_isalpha(code) != 0 || (U_GET_GC_MASK(code) & U_GC_M_MASK) != 0;
}

}  // namespace gre
