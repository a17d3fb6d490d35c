#include "report/text_escape.h"

#include <algorithm>
#include <iterator>

#include "core/strings.h"

namespace gre {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// Bytes of the control or reordering character that `text` (valid UTF-8) starts with; 0 for others.
size_t HostileLength(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (IsControl(text[0])) return 1;
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return 2;  // C1 controls, U+0080-U+009F
  const bool separators_and_embeddings =            // U+2028-U+202E
      text.starts_with("\xE2\x80") && byte(2) >= 0xA8 && byte(2) <= 0xAE;
  const bool isolates =  // U+2066-U+2069
      text.starts_with("\xE2\x81") && byte(2) >= 0xA6 && byte(2) <= 0xA9;
  return separators_and_embeddings || isolates ? 3 : 0;
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

std::string EscapeLatex(std::string_view text) {
  struct Replacement {
    std::string_view from;
    std::string_view to;
  };
  constexpr Replacement kReplacements[] = {{"\\", "\\textbackslash{}"},
                                           {"~", "\\textasciitilde{}"},
                                           {"^", "\\textasciicircum{}"},
                                           {"{", "\\{"},
                                           {"}", "\\}"},
                                           {"&", "\\&"},
                                           {"%", "\\%"},
                                           {"$", "\\$"},
                                           {"#", "\\#"},
                                           {"_", "\\_"},
                                           {"<", "\\textless{}"},
                                           {">", "\\textgreater{}"},
                                           {"–", "--"},
                                           {"≤", "$\\le$"},
                                           {"≥", "$\\ge$"},
                                           {"±", "$\\pm$"},
                                           {"×", "$\\times$"},
                                           {"→", "$\\to$"},
                                           {"…", "\\dots{}"},
                                           {"°", "$^\\circ$"}};
  const std::string clean = PlainLine(text);
  std::string escaped;
  for (size_t i = 0; i < clean.size();) {
    const std::string_view rest = std::string_view(clean).substr(i);
    const auto* found =
        std::find_if(std::begin(kReplacements), std::end(kReplacements),
                     [&](const Replacement& r) { return rest.starts_with(r.from); });
    const bool replace = found != std::end(kReplacements);
    escaped += replace ? found->to : rest.substr(0, 1);
    i += replace ? found->from.size() : 1;
  }
  return escaped;
}

std::string EscapeMarkdown(std::string_view text) {
  std::string escaped;
  for (const char c : PlainLine(text)) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      if (std::string_view("\\|*_`[]#~!$").find(c) != std::string_view::npos) escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string PlainLine(std::string_view text) {
  const std::string clean = ReplaceInvalidUtf8(text);
  std::string line;
  for (size_t i = 0; i < clean.size();) {
    const size_t hostile = HostileLength(std::string_view(clean).substr(i));
    line += hostile > 0 ? ' ' : clean[i];
    i += hostile > 0 ? hostile : 1;
  }
  return line;
}

}  // namespace gre
