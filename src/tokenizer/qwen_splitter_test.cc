#include "tokenizer/qwen_splitter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unicode/uchar.h>

#include "core/random.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace gre {
namespace {

std::vector<std::string> Pieces(std::string_view text) {
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = QwenPieceEnd(text, begin);
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

// The pattern as a general regular-expression engine reads it.
class PatternOracle {
 public:
  PatternOracle() {
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_ =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(kQwenSplitPattern.data()),
                      kQwenSplitPattern.size(), PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  PatternOracle(const PatternOracle&) = delete;
  PatternOracle& operator=(const PatternOracle&) = delete;
  ~PatternOracle() {
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }

  [[nodiscard]] std::vector<std::string> Pieces(const std::string& text) const {
    std::vector<std::string> pieces;
    for (size_t begin = 0; begin < text.size();) {
      const int count = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    begin, PCRE2_ANCHORED, match_, nullptr);
      EXPECT_GT(count, 0);
      const size_t end = pcre2_get_ovector_pointer(match_)[1];
      pieces.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    return pieces;
  }

 private:
  pcre2_code* code_ = nullptr;
  pcre2_match_data* match_ = nullptr;
};

TEST(QwenSplitterTest, SplitsLikeThePattern) {
  const std::vector<std::string> fragments = {
      "a",      "Z",      "word",   "1",  "42",   " ",      "  ", "\t",      "\n",
      "\r\n",   "\n\n",   ".",      "?!", "--",   "'",      "'s", "'RE",     "'Ll",
      "'t",     "'v",     "\u017F", "é",  "東京", "😀",      "٣",  "½",       "_",
      "\u00A0", "\u3000", "\u0301", "क्",  "ü",    "\u2028", "$",  "'\u017F", "🇯🇵"};
  const PatternOracle oracle;
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (uint64_t n = random.Below(12) + 1; n > 0; --n) {
      text += fragments[random.Below(fragments.size())];
    }
    ASSERT_EQ(Pieces(text), oracle.Pieces(text)) << text;
  }
}

// The class table ends at U+40000.
TEST(QwenSplitterTest, NoLetterNumberOrSpaceAboveTheTable) {
  for (UChar32 c = 0x40000; c <= UCHAR_MAX_VALUE; ++c) {
    ASSERT_EQ(U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK), 0U) << c;
    ASSERT_FALSE(u_isUWhiteSpace(c)) << c;
  }
}

}  // namespace
}  // namespace gre
