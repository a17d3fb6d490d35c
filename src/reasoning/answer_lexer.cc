#include "reasoning/answer_lexer.h"

#include <charconv>
#include <limits>
#include <system_error>

#include "reasoning/text_folding.h"

namespace gre {
namespace {

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool IsSpace(char32_t c) { return c == U' ' || c == U'\n'; }

char32_t At(std::u32string_view text, size_t at) { return at < text.size() ? text[at] : U' '; }

// Length of an exponent at `at` ("e1", "e-05"), or 0. An E that begins a hemisphere ("2.3E48.8N",
// "2.3E") is none: what follows its digits must end the number.
size_t ExponentLength(std::u32string_view text, size_t at) {
  if (At(text, at) != U'e') return 0;
  size_t end = at + 1;
  if (At(text, end) == U'+' || At(text, end) == U'-') ++end;
  const size_t digits = end;
  while (IsDigit(At(text, end))) ++end;
  const char32_t next = At(text, end);
  const bool ends =
      !IsLetter(next) && next != 0xB0 && !(next == U'.' && IsDigit(At(text, end + 1)));
  return end > digits && ends ? end - at : 0;
}

double ToDouble(std::u32string_view digits) {
  std::string ascii;
  ascii.reserve(digits.size());
  for (const char32_t c : digits) ascii.push_back(c == U',' ? '.' : static_cast<char>(c));
  double value = 0;
  const auto [end, error] = std::from_chars(ascii.data(), ascii.data() + ascii.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  return value;
}

TokenKind PunctuationKind(char32_t c) {
  switch (c) {
    case 0xB0:
      return TokenKind::kDegree;
    case U'\'':
      return TokenKind::kPrime;
    case U'"':
      return TokenKind::kDoublePrime;
    case U',':
      return TokenKind::kComma;
    case U';':
      return TokenKind::kSemicolon;
    case U':':
      return TokenKind::kColon;
    case U'=':
      return TokenKind::kEquals;
    case U'/':
      return TokenKind::kSlash;
    case U'|':
      return TokenKind::kPipe;
    case U'(':
    case U'[':
    case U'{':
      return TokenKind::kOpen;
    case U')':
    case U']':
    case U'}':
      return TokenKind::kClose;
    case U'\n':
      return TokenKind::kNewline;
    default:
      return TokenKind::kSymbol;
  }
}

class Lexer {
 public:
  Lexer(std::u32string_view text, bool decimal_comma)
      : text_(text), decimal_comma_(decimal_comma) {}

  std::vector<Token> Run() {
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      if (c == U' ') {
        ++at_;
      } else if (SkipListMarker() || Number() || Word()) {
        continue;
      } else {
        Punctuation(c);
      }
    }
    MarkQuantities();
    return std::move(tokens_);
  }

 private:
  Token& Push(TokenKind kind, size_t length) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.space_before = at_ == 0 || IsSpace(text_[at_ - 1]);
    at_ += length;
    token.space_after = IsSpace(At(text_, at_));
    line_start_ = kind == TokenKind::kNewline;
    return token;
  }

  // "1. " or "2) " at the start of a line with something after it.
  bool SkipListMarker() {
    if (!line_start_) return false;
    size_t end = at_;
    while (end - at_ < 2 && IsDigit(At(text_, end))) ++end;
    const char32_t mark = At(text_, end);
    if (end == at_ || (mark != U'.' && mark != U')') || At(text_, end + 1) != U' ') return false;
    const size_t content = text_.find_first_not_of(U' ', end + 1);
    if (content == std::u32string_view::npos || text_[content] == U'\n') return false;
    at_ = content;
    line_start_ = false;
    return true;
  }

  bool Number() {
    const char32_t c = text_[at_];
    size_t digits_at = at_;
    char sign = 0;
    bool loose = false;
    if (c == U'+' || c == U'-') {
      sign = static_cast<char>(c);
      digits_at = at_ + 1;
      while (At(text_, digits_at) == U' ' && digits_at < text_.size()) ++digits_at;
      loose = digits_at > at_ + 1;
    }
    const ScannedNumber number = ScanNumber(text_, digits_at, decimal_comma_);
    if (number.length == 0) return false;
    const char32_t before = at_ == 0 ? U' ' : text_[at_ - 1];
    const bool glued = sign != 0 && (IsDigit(before) || before == U'.');
    // Right after "lat:", "=", "(", "," a dash with a space after it can only be a minus sign.
    const bool sign_place =
        !tokens_.empty() &&
        (tokens_.back().kind == TokenKind::kColon || tokens_.back().kind == TokenKind::kEquals ||
         tokens_.back().kind == TokenKind::kComma || tokens_.back().kind == TokenKind::kOpen);
    const bool after_word = !tokens_.empty() && tokens_.back().kind == TokenKind::kWord &&
                            tokens_.back().word == WordKind::kNone && !IsSpace(before) &&
                            !IsUnspacedScript(before);
    const size_t end = digits_at + number.length;
    const bool continues = At(text_, end) == U'.' && IsDigit(At(text_, end + 1));  // 12.05.2024
    Token& token = Push(TokenKind::kNumber, end - at_);
    token.magnitude = number.value;
    token.has_fraction = number.has_fraction;
    token.decimal_comma = number.decimal_comma;
    token.sign = sign;
    token.glued = glued;
    token.loose_dash = loose && !sign_place;
    token.usable = !after_word && !continues && At(text_, end) != U'%' &&
                   !(previous_continues_ && !token.space_before);
    previous_continues_ = continues;
    if (continues) ++at_;
    return true;
  }

  bool Word() {
    while (At(text_, at_) == U'_') ++at_;  // Markdown emphasis, or the end of an identifier
    if (at_ >= text_.size() || !IsLetter(text_[at_])) return at_ >= text_.size();
    const bool joins_number = at_ > 0 && IsDigit(text_[at_ - 1]) && !tokens_.empty();
    const WordMatch match = MatchWord(text_.substr(at_));
    if (match.kind != WordKind::kNone) {
      Push(TokenKind::kWord, match.length).word = match.kind;
      return true;
    }
    if (IsUnspacedScript(text_[at_])) {
      Push(TokenKind::kWord, 1);
      return true;
    }
    if (joins_number) tokens_.back().usable = false;  // "15z"
    size_t end = at_ + 1;
    while (end < text_.size() && (IsLetter(text_[end]) || text_[end] == U'_') &&
           !IsUnspacedScript(text_[end])) {
      ++end;
    }
    Push(TokenKind::kWord, end - at_);
    return true;
  }

  void Punctuation(char32_t c) {
    if (c == U'\'' && At(text_, at_ + 1) == U'\'') {
      Push(TokenKind::kDoublePrime, 2);
    } else if (c == U'&') {
      Push(TokenKind::kWord, 1).word = WordKind::kAnd;
    } else {
      Push(PunctuationKind(c), 1);
    }
  }

  // "confidence: 0.9", "radius 5", "5 km" are no coordinates.
  void MarkQuantities() {
    bool after_quantity = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      switch (token.kind) {
        case TokenKind::kWord:
          after_quantity = token.word == WordKind::kQuantity;
          break;
        case TokenKind::kNumber:
          if (after_quantity) token.usable = false;
          if (i + 1 < tokens_.size() && tokens_[i + 1].word == WordKind::kUnit) {
            token.usable = false;
          }
          after_quantity = false;
          break;
        case TokenKind::kColon:
        case TokenKind::kEquals:
        case TokenKind::kPrime:
        case TokenKind::kDoublePrime:
          break;
        default:
          after_quantity = false;
      }
    }
  }

  std::u32string_view text_;
  bool decimal_comma_;
  size_t at_ = 0;
  bool line_start_ = true;
  bool previous_continues_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

ScannedNumber ScanNumber(std::u32string_view text, size_t at, bool decimal_comma) {
  ScannedNumber number;
  size_t end = at;
  while (IsDigit(At(text, end))) ++end;
  const bool has_integer = end > at;
  const char32_t mark = At(text, end);
  if ((mark == U'.' || (mark == U',' && decimal_comma && has_integer)) &&
      IsDigit(At(text, end + 1))) {
    number.has_fraction = true;
    number.decimal_comma = mark == U',';
    ++end;
    while (IsDigit(At(text, end))) ++end;
  }
  if (end == at) return number;
  end += ExponentLength(text, end);
  number.length = end - at;
  number.value = ToDouble(text.substr(at, number.length));
  return number;
}

std::vector<Token> LexAnswer(std::u32string_view text, bool decimal_comma) {
  return Lexer(text, decimal_comma).Run();
}

}  // namespace gre
