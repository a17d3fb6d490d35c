#include "tokenizer/wordpiece.h"

#include <algorithm>
#include <array>
#include <utility>

#include <unicode/uchar.h>

#include "core/check.h"
#include "core/strings.h"
#include "tokenizer/unicode_text.h"

namespace gre {
namespace {

struct Range {
  UChar32 first, last;
};

// The blocks that BERT's tokenizers take for CJK ideographs. 2B920 is a slip of the original code
// (the block begins at 2B820) which the tokenizers share.
constexpr std::array<Range, 8> kHan = {{{0x4E00, 0x9FFF},
                                        {0x3400, 0x4DBF},
                                        {0x20000, 0x2A6DF},
                                        {0x2A700, 0x2B73F},
                                        {0x2B740, 0x2B81F},
                                        {0x2B920, 0x2CEAF},
                                        {0xF900, 0xFAFF},
                                        {0x2F800, 0x2FA1F}}};

bool IsHan(UChar32 c) {
  return c >= 0x3400 && std::any_of(kHan.begin(), kHan.end(), [c](const Range& range) {
           return c >= range.first && c <= range.last;
         });
}

bool IsWhiteSpace(UChar32 c) { return u_isUWhiteSpace(c) != 0; }

// Controls, formats, private use, U+FFFD; white space is looked at first where it matters.
bool IsDropped(UChar32 c) {
  constexpr uint32_t kDropped = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK;
  return c == 0xFFFD || (U_GET_GC_MASK(c) & kDropped) != 0;
}

bool IsPunctuation(UChar32 c) {
  if (c < 0x80) {
    return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
           (c >= 0x7B && c <= 0x7E);
  }
  return u_ispunct(c) != 0;
}

std::string Clean(std::string_view text, const WordPieceOptions& options) {
  std::string cleaned;
  cleaned.reserve(text.size() + text.size() / 8);
  ForEachCharacter(text, [&](UChar32 c, size_t begin, size_t end) {
    const bool kept_control = c == '\t' || c == '\n' || c == '\r';
    if (options.clean_text && !kept_control && IsDropped(c)) return;
    if (options.clean_text && IsWhiteSpace(c)) {
      cleaned.push_back(' ');
    } else if (options.split_han && IsHan(c)) {
      cleaned.push_back(' ');
      cleaned.append(text.substr(begin, end - begin));
      cleaned.push_back(' ');
    } else {
      cleaned.append(text.substr(begin, end - begin));
    }
  });
  return cleaned;
}

std::string WithoutAccents(std::string_view text) {
  const std::string decomposed = NormalizeUnicode(text, NormalForm::kNfd);
  std::string kept;
  kept.reserve(decomposed.size());
  ForEachCharacter(decomposed, [&](UChar32 c, size_t begin, size_t end) {
    if (u_charType(c) != U_NON_SPACING_MARK) kept.append(decomposed, begin, end - begin);
  });
  return kept;
}

std::string LowerCase(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  ForEachCharacter(text, [&](UChar32 c, size_t, size_t) { AppendLowerCase(c, lower); });
  return lower;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(PieceTable pieces, const WordPieceOptions& options)
    : pieces_(std::move(pieces)), options_(options) {}

Result<WordPieceTokenizer> WordPieceTokenizer::Create(PieceTable pieces,
                                                      const WordPieceOptions& options) {
  WordPieceTokenizer tokenizer(std::move(pieces), options);
  const std::pair<const std::string*, int32_t*> marks[] = {{&options.unknown, &tokenizer.unknown_},
                                                           {&options.begin, &tokenizer.begin_},
                                                           {&options.end, &tokenizer.end_}};
  for (const auto& [name, id] : marks) {
    *id = name->empty() ? PieceTable::kNone : tokenizer.pieces_.Find(*name);
    if (*id == PieceTable::kNone) {
      return Error{ErrorCode::kInvalidInput,
                   "vocabulary: expected the token \"" + *name + "\", found none"};
    }
  }
  return tokenizer;
}

std::string WordPieceTokenizer::Normalize(std::string_view text) const {
  std::string normalized = Clean(text, options_);
  if (options_.strip_accents) normalized = WithoutAccents(normalized);
  if (options_.lower_case) normalized = LowerCase(normalized);
  return normalized;
}

TokenizedText WordPieceTokenizer::Encode(std::string_view text, size_t max_tokens) const {
  GRE_CHECK(max_tokens >= 2);
  const std::string normalized =
      Normalize(IsValidUtf8(text) ? std::string(text) : ReplaceInvalidUtf8(text));
  TokenizedText encoded;
  encoded.ids.push_back(begin_);
  size_t word = std::string::npos;  // where the current word begins
  const auto end_word = [&](size_t end) {
    if (word == std::string::npos || encoded.truncated) return;
    EncodeWord(std::string_view(normalized).substr(word, end - word), encoded.ids);
    word = std::string::npos;
    encoded.truncated = encoded.ids.size() > max_tokens - 1;
  };
  ForEachCharacter(normalized, [&](UChar32 c, size_t begin, size_t end) {
    if (IsWhiteSpace(c)) {
      end_word(begin);
    } else if (IsPunctuation(c)) {
      end_word(begin);
      word = begin;
      end_word(end);
    } else if (word == std::string::npos) {
      word = begin;
    }
  });
  end_word(normalized.size());
  if (encoded.truncated) encoded.ids.resize(max_tokens - 1);
  encoded.ids.push_back(end_);
  return encoded;
}

void WordPieceTokenizer::EncodeWord(std::string_view word, std::vector<int32_t>& ids) const {
  const auto is_continuation = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
  };
  const auto chars =
      std::count_if(word.begin(), word.end(), [&](char c) { return !is_continuation(c); });
  if (chars > options_.max_word_chars) {
    ids.push_back(unknown_);
    return;
  }
  const size_t before = ids.size();
  std::string piece;
  for (size_t begin = 0; begin < word.size();) {
    const size_t prefix = begin == 0 ? 0 : options_.continuation.size();
    piece.assign(options_.continuation, 0, prefix).append(word.substr(begin));
    int32_t id = PieceTable::kNone;
    while (piece.size() > prefix) {
      id = pieces_.Find(piece);
      if (id != PieceTable::kNone) break;
      while (is_continuation(piece.back())) piece.pop_back();
      piece.pop_back();
    }
    if (id == PieceTable::kNone) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(id);
    begin += piece.size() - prefix;
  }
}

}  // namespace gre
