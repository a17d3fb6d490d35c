#include "tokenizer/unicode_text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include "core/check.h"

namespace gre {

std::string NormalizeUnicode(std::string_view text, NormalForm form) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = form == NormalForm::kNfc
                                           ? icu::Normalizer2::getNFCInstance(error)
                                           : icu::Normalizer2::getNFDInstance(error);
  GRE_CHECK(U_SUCCESS(error) && normalizer != nullptr);
  std::string normalized;
  icu::StringByteSink<std::string> sink(&normalized);
  normalizer->normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, nullptr,
                            error);
  GRE_CHECK(U_SUCCESS(error));
  return normalized;
}

void AppendCharacter(UChar32 c, std::string& text) {
  char bytes[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, c);
  text.append(bytes, static_cast<size_t>(length));
}

void AppendLowerCase(UChar32 c, std::string& text) {
  constexpr UChar32 kDottedCapitalI = 0x130;  // the only character with a longer lower case
  if (c == kDottedCapitalI) {
    text += "i\u0307";
    return;
  }
  AppendCharacter(u_tolower(c), text);
}

}  // namespace gre
