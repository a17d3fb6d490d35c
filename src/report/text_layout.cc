#include "report/text_layout.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "core/check.h"

namespace gre {
namespace {

int CharWidth(UChar32 c) {
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return 0;
  const int category = u_charType(c);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// The code point at `*i`, which moves past it.
UChar32 NextChar(std::string_view text, size_t* i) {
  UChar32 c = 0;
  auto position = static_cast<int32_t>(*i);
  U8_NEXT_OR_FFFD(text.data(), position, static_cast<int32_t>(text.size()), c);
  *i = static_cast<size_t>(position);
  return c;
}

// Length of the longest prefix of at most `columns`.
size_t PrefixWithin(std::string_view text, int columns) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end;
    columns -= CharWidth(NextChar(text, &next));
    if (columns < 0) break;
    end = next;
  }
  return end;
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  for (size_t i = 0; i < text.size();) width += CharWidth(NextChar(text, &i));
  return width;
}

std::vector<std::string> WrapText(std::string_view text, int columns) {
  GRE_CHECK(columns >= 2);
  std::vector<std::string> lines;
  for (;;) {
    const size_t fits = PrefixWithin(text, columns);
    if (fits == text.size()) {
      lines.emplace_back(text);
      return lines;
    }
    size_t cut = text[fits] == ' ' ? fits : text.substr(0, fits).rfind(' ');
    if (cut == std::string_view::npos || cut == 0) cut = fits;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty()) return lines;
  }
}

std::string Ellipsize(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  return std::string(text.substr(0, PrefixWithin(text, columns - 1))) + "…";
}

}  // namespace gre
