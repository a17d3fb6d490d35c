#include "tokenizer/clip_tokenizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <unicode/uchar.h>

#include "core/check.h"
#include "core/strings.h"
#include "tokenizer/clip_tokenizer_files.h"
#include "tokenizer/unicode_text.h"

namespace gre {
namespace {

enum class CharClass { kLetter, kNumber, kSpace, kOther };

CharClass ClassOf(UChar32 c) {
  const uint32_t mask = U_GET_GC_MASK(c);
  if ((mask & U_GC_L_MASK) != 0) return CharClass::kLetter;
  if ((mask & U_GC_N_MASK) != 0) return CharClass::kNumber;
  return u_isUWhiteSpace(c) != 0 ? CharClass::kSpace : CharClass::kOther;
}

std::string Normalize(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  ForEachCharacter(NormalizeUnicode(text, NormalForm::kNfc),
                   [&](UChar32 c, size_t, size_t) { AppendLowerCase(c, lower); });
  return lower;
}

// Bytes of the English suffix at the front of `text`, 0 if there is none.
size_t SuffixLength(std::string_view text) {
  constexpr std::array<std::string_view, 7> kSuffixes = {"'s", "'t",  "'re", "'ve",
                                                         "'m", "'ll", "'d"};
  for (const std::string_view suffix : kSuffixes) {
    if (text.starts_with(suffix)) return suffix.size();
  }
  return 0;
}

// Calls visit(word) for each match of kClipSplitPattern.
template <typename Visit>
void ForEachWord(std::string_view text, const Visit& visit) {
  size_t begin = std::string_view::npos;  // of the current run
  CharClass run = CharClass::kSpace;
  size_t skip_to = 0;  // behind a suffix
  const auto end_run = [&](size_t end) {
    if (begin != std::string_view::npos) visit(text.substr(begin, end - begin));
    begin = std::string_view::npos;
  };
  ForEachCharacter(text, [&](UChar32 c, size_t place, size_t end) {
    if (place < skip_to) return;
    const CharClass kind = ClassOf(c);
    const bool joins = begin != std::string_view::npos && kind == run && kind != CharClass::kNumber;
    if (joins) return;
    end_run(place);
    if (kind == CharClass::kSpace) return;
    const size_t suffix = c == '\'' ? SuffixLength(text.substr(place)) : 0;
    if (suffix > 0) {
      visit(text.substr(place, suffix));
      skip_to = place + suffix;
      return;
    }
    begin = place;
    run = kind;
    if (kind == CharClass::kNumber) end_run(end);
  });
  end_run(text.size());
}

}  // namespace

ClipTokenizer::ClipTokenizer(BpeModel model, int32_t begin, int32_t end)
    : model_(std::move(model)), begin_(begin), end_(end) {}

TokenizedText ClipTokenizer::Encode(std::string_view text, size_t max_tokens) const {
  GRE_CHECK(max_tokens >= 2);
  const std::string normalized =
      Normalize(IsValidUtf8(text) ? std::string(text) : ReplaceInvalidUtf8(text));
  TokenizedText encoded;
  encoded.ids.push_back(begin_);
  std::string word;
  ForEachWord(normalized, [&](std::string_view match) {
    if (encoded.truncated) return;
    word.assign(match).push_back(kEndOfWord);
    model_.Encode(word, encoded.ids);
    encoded.truncated = encoded.ids.size() > max_tokens - 1;
  });
  if (encoded.truncated) encoded.ids.resize(max_tokens - 1);
  encoded.ids.push_back(end_);
  return encoded;
}

int32_t ClipTokenizer::size() const {
  return std::max(model_.pieces().size(), std::max(begin_, end_) + 1);
}

}  // namespace gre
