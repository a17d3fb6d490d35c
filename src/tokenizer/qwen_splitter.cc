#include "tokenizer/qwen_splitter.h"

#include <cstdint>
#include <memory>

#include <unicode/uchar.h>

namespace gre {
namespace {

enum class CharClass : uint8_t { kOther, kLetter, kNumber, kSpace, kNewline };

// Class of every code point below kEnd; Unicode has no letters, numbers or spaces above it.
class CharClasses {
 public:
  static constexpr uint32_t kEnd = 0x40000;

  CharClasses() : classes_(std::make_unique<CharClass[]>(kEnd)) {
    u_enumCharTypes(
        [](const void* context, UChar32 begin, UChar32 end, UCharCategory category) -> UBool {
          auto* classes = static_cast<CharClass*>(const_cast<void*>(context));
          const uint32_t mask = U_MASK(category);
          CharClass value = CharClass::kOther;
          if (mask & U_GC_L_MASK) value = CharClass::kLetter;
          if (mask & U_GC_N_MASK) value = CharClass::kNumber;
          for (auto c = static_cast<uint32_t>(begin); c < static_cast<uint32_t>(end) && c < kEnd;
               ++c) {
            classes[c] = value;
          }
          return true;
        },
        classes_.get());
    // White_Space: all Z* categories and a few controls; the last of them is U+3000.
    for (uint32_t c = 0; c <= 0x3000; ++c) {
      if (u_isUWhiteSpace(static_cast<UChar32>(c))) classes_[c] = CharClass::kSpace;
    }
    classes_['\r'] = classes_['\n'] = CharClass::kNewline;
  }

  [[nodiscard]] CharClass operator[](uint32_t c) const {
    return c < kEnd ? classes_[c] : CharClass::kOther;
  }

 private:
  std::unique_ptr<CharClass[]> classes_;
};

const CharClasses& Classes() {
  static const CharClasses classes;
  return classes;
}

struct Char {
  CharClass char_class;
  size_t end;  // position after it
};

class Matcher {
 public:
  Matcher(std::string_view text, const CharClasses& classes) : text_(text), classes_(classes) {}

  [[nodiscard]] size_t PieceEnd(size_t begin) const {
    if (const size_t end = Contraction(begin)) return end;
    const Char first = At(begin);
    switch (first.char_class) {
      case CharClass::kLetter:
        return SkipLetters(first.end);
      case CharClass::kNumber:
        return first.end;
      case CharClass::kOther:
        if (ClassAt(first.end) == CharClass::kLetter) return SkipLetters(first.end);
        return SkipSymbols(first.end);
      case CharClass::kSpace:
        if (ClassAt(first.end) == CharClass::kLetter) return SkipLetters(first.end);
        if (text_[begin] == ' ' && ClassAt(first.end) == CharClass::kOther) {
          return SkipSymbols(first.end);
        }
        return SpaceEnd(begin);
      case CharClass::kNewline:
        return SpaceEnd(begin);
    }
    return first.end;
  }

 private:
  [[nodiscard]] Char At(size_t i) const {
    const auto byte = [&](size_t k) {
      return static_cast<uint32_t>(static_cast<unsigned char>(text_[i + k]));
    };
    const uint32_t lead = byte(0);
    if (lead < 0x80) return {classes_[lead], i + 1};
    if (lead < 0xE0) return {classes_[((lead & 0x1F) << 6) | (byte(1) & 0x3F)], i + 2};
    if (lead < 0xF0) {
      return {classes_[((lead & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F)], i + 3};
    }
    return {classes_[((lead & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) |
                     (byte(3) & 0x3F)],
            i + 4};
  }

  // kNewline past the end: no alternative asks for a newline there.
  [[nodiscard]] CharClass ClassAt(size_t i) const {
    return i < text_.size() ? At(i).char_class : CharClass::kNewline;
  }

  // (?i:'s|'t|'re|'ve|'m|'ll|'d). The only character outside ASCII that folds to one of these
  // letters is U+017F, the long s.
  [[nodiscard]] size_t Contraction(size_t begin) const {
    if (text_[begin] != '\'') return 0;
    const auto lower = [&](size_t i) {
      return i < text_.size() ? static_cast<char>(text_[i] | 0x20) : '\0';
    };
    switch (lower(begin + 1)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return begin + 2;
      case 'r':
      case 'v':
        return lower(begin + 2) == 'e' ? begin + 3 : 0;
      case 'l':
        return lower(begin + 2) == 'l' ? begin + 3 : 0;
      default:
        return text_.substr(begin + 1).starts_with("\u017F") ? begin + 3 : 0;
    }
  }

  [[nodiscard]] size_t SkipLetters(size_t i) const {
    while (i < text_.size()) {
      const Char c = At(i);
      if (c.char_class != CharClass::kLetter) break;
      i = c.end;
    }
    return i;
  }

  // [^\s\p{L}\p{N}]*[\r\n]*
  [[nodiscard]] size_t SkipSymbols(size_t i) const {
    while (i < text_.size()) {
      const Char c = At(i);
      if (c.char_class != CharClass::kOther) break;
      i = c.end;
    }
    while (i < text_.size() && (text_[i] == '\r' || text_[i] == '\n')) ++i;
    return i;
  }

  // \s*[\r\n]+|\s+(?!\S)|\s+ : up to the last newline of the run of white space; without one, the
  // run itself at the end of the text, else the run without its last character (if that leaves
  // any).
  [[nodiscard]] size_t SpaceEnd(size_t begin) const {
    size_t after_newline = 0;
    size_t last = begin;  // start of the run's last character
    size_t i = begin;
    while (i < text_.size()) {
      const Char c = At(i);
      if (c.char_class == CharClass::kNewline) {
        after_newline = c.end;
      } else if (c.char_class != CharClass::kSpace) {
        break;
      }
      last = i;
      i = c.end;
    }
    if (after_newline > 0) return after_newline;
    return i == text_.size() || last == begin ? i : last;
  }

  std::string_view text_;
  const CharClasses& classes_;
};

}  // namespace

size_t QwenPieceEnd(std::string_view text, size_t begin) {
  return Matcher(text, Classes()).PieceEnd(begin);
}

}  // namespace gre
