#include "dataset/statistics/text_profile.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <cld2/public/compact_lang_det.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "core/strings.h"

namespace gre {
namespace {

// CLD2 shouts: "ENGLISH", "ChineseT".
std::string LanguageTitle(std::string_view name) {
  if (name == "Chinese") return "Chinese (simplified)";
  if (name == "ChineseT") return "Chinese (traditional)";
  std::string title = AsciiLower(name);
  bool begin = true;
  for (char& c : title) {
    if (c == '_') c = ' ';
    if (begin) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    begin = c == ' ';
  }
  return title;
}

}  // namespace

TextProfile ProfileText(std::string_view text) {
  TextProfile profile;
  std::map<int32_t, int64_t> letters;  // by UScriptCode
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0 || u_isalpha(c) == 0) continue;
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    if (U_SUCCESS(status) != 0 && script > USCRIPT_INHERITED) ++letters[script];
  }
  if (letters.empty()) return profile;
  const auto main = std::ranges::max_element(
      letters, [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& [script, count] : letters) {
    const char* name = uscript_getName(static_cast<UScriptCode>(script));
    if (name == nullptr) continue;
    if (script == main->first) {
      profile.script = name;
    } else {
      profile.scripts.emplace_back(name);
    }
  }
  bool reliable = false;
  const std::string valid = ReplaceInvalidUtf8(text);
  const CLD2::Language language = CLD2::DetectLanguage(valid.data(), static_cast<int>(valid.size()),
                                                       /*is_plain_text=*/true, &reliable);
  if (reliable && language != CLD2::UNKNOWN_LANGUAGE) {
    profile.language = LanguageTitle(CLD2::LanguageName(language));
  }
  return profile;
}

}  // namespace gre
