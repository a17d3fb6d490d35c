#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <unicode/utf8.h>

namespace gre {

// What the tokenizers need of Unicode (ICU). Internal to tokenizer. All texts are well-formed
// UTF-8.

enum class NormalForm { kNfc, kNfd };
std::string NormalizeUnicode(std::string_view text, NormalForm form);

// Calls visit(code_point, begin, end) for each character, with its bytes' place.
template <typename Visit>
void ForEachCharacter(std::string_view text, const Visit& visit) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t end = 0; end < size;) {
    const int64_t begin = end;
    UChar32 c = 0;
    U8_NEXT(bytes, end, size, c);
    visit(c, static_cast<size_t>(begin), static_cast<size_t>(end));
  }
}

void AppendCharacter(UChar32 c, std::string& text);

// Appends the lower case of one character without looking at its neighbours (no final sigma), as
// Rust's char::to_lowercase.
void AppendLowerCase(UChar32 c, std::string& text);

}  // namespace gre
