#include "knowledge/name_folding.h"

#include <vector>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "core/check.h"

namespace gre {

std::string FoldName(std::string_view name) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(error);
  GRE_CHECK(U_SUCCESS(error));
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
  const icu::UnicodeString decomposed = decompose->normalize(text, error);
  GRE_CHECK(U_SUCCESS(error));

  std::vector<std::string> words(1);
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    if (c == '&') {
      words.emplace_back("and");
      words.emplace_back();
    } else if (u_isalnum(c)) {
      icu::UnicodeString(u_foldCase(c, U_FOLD_CASE_DEFAULT)).toUTF8String(words.back());
    } else if (u_charType(c) != U_NON_SPACING_MARK && c != '\'' && c != U'\u2019' && c != '.' &&
               !words.back().empty()) {
      words.emplace_back();
    }
  }
  std::erase(words, "");
  if (words.size() > 1 && words.front() == "the") {
    words.erase(words.begin());
  }
  std::string folded;
  for (const std::string& word : words) {
    folded += (folded.empty() ? "" : " ") + (word == "st" ? "saint" : word);
  }
  return folded;
}

std::string MergeDigraphs(std::string_view folded) {
  std::string merged;
  for (size_t i = 0; i < folded.size(); ++i) {
    const std::string_view two = folded.substr(i, 2);
    merged += folded[i];
    if (two == "ae" || two == "oe" || two == "ue" || two == "aa") ++i;
  }
  return merged;
}

}  // namespace gre
