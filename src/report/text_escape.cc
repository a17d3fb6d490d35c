#include "report/text_escape.h"

#include "core/strings.h"

namespace gre {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (const char c : ReplaceInvalidUtf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\n':
      case '\t':
        escaped += c;
        break;
      default:
        if (IsControl(c)) {
          escaped += kReplacement;
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string EscapeCsvCell(std::string_view text) {
  std::string cell = ReplaceInvalidUtf8(text);
  const size_t first = cell.find_first_not_of(" \t\r\n");
  const bool is_formula = first != std::string::npos &&
                          std::string_view("=+-@").find(cell[first]) != std::string_view::npos;
  if (is_formula || cell.starts_with('\t') || cell.starts_with('\r')) cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string PlainLine(std::string_view text) {
  std::string line;
  const std::string clean = ReplaceInvalidUtf8(text);
  for (size_t i = 0; i < clean.size(); ++i) {
    const std::string_view rest = std::string_view(clean).substr(i);
    const auto second = static_cast<unsigned char>(rest.size() > 1 ? rest[1] : 0);
    const auto third = static_cast<unsigned char>(rest.size() > 2 ? rest[2] : 0);
    if (IsControl(rest[0])) {
      line += ' ';
    } else if (rest.starts_with('\xC2') && second < 0xA0) {  // C1 controls, U+0080-U+009F
      line += ' ';
      i += 1;
    } else if (rest.starts_with("\xE2\x80") && third >= 0xA8 && third <= 0xAE) {
      line += ' ';  // U+2028-U+202E: separators and bidirectional embeddings
      i += 2;
    } else if (rest.starts_with("\xE2\x81") && third >= 0xA6 && third <= 0xA9) {
      line += ' ';  // U+2066-U+2069: bidirectional isolates
      i += 2;
    } else {
      line += rest[0];
    }
  }
  return line;
}

}  // namespace gre
