#include "reasoning/chain.h"

#include <algorithm>
#include <array>

#include "core/strings.h"

namespace gre {
namespace {

// The arrows of the grammar as text writes them.
constexpr std::array<std::string_view, 4> kArrows = {"->", "=>", "\xE2\x86\x92", "\xE2\x87\x92"};

bool StartsReplyMark(std::string_view text) {
  if (!text.starts_with('<')) return false;
  text.remove_prefix(text.starts_with("</") ? 2 : 1);
  const std::string name = AsciiLower(text.substr(0, 6));
  return name.starts_with("think") || name.starts_with("answer");
}

// Arrows become "~", the bracket of reply marks becomes "(", a lone "//" becomes "/".
std::string Defuse(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto arrow = std::find_if(kArrows.begin(), kArrows.end(),
                                    [&](std::string_view a) { return text.starts_with(a); });
    const bool starts_word = clean.empty() || clean.back() == ' ';
    if (arrow != kArrows.end()) {
      clean.push_back('~');
      text.remove_prefix(arrow->size());
    } else if (StartsReplyMark(text)) {
      clean.push_back('(');
      text.remove_prefix(1);
    } else if (starts_word && (text == "//" || text.starts_with("// "))) {
      clean.push_back('/');
      text.remove_prefix(2);
    } else {
      clean.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return clean;
}

void Append(const std::optional<std::string>& part, std::string_view arrow, std::string* line) {
  if (!part) return;
  const std::string clean = CleanPart(*part);
  if (clean.empty()) return;
  line->append(arrow).append(clean);
}

std::string CollapseSpace(std::string_view text) {
  std::string collapsed;
  collapsed.reserve(text.size());
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      collapsed.push_back(c);
    } else if (!collapsed.empty() && collapsed.back() != ' ') {
      collapsed.push_back(' ');
    }
  }
  if (collapsed.ends_with(' ')) collapsed.pop_back();
  return collapsed;
}

// At most kMaxPartBytes, cut between characters.
std::string_view CutToLimit(std::string_view text) {
  if (text.size() <= kMaxPartBytes) return text;
  size_t end = kMaxPartBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string CleanPart(std::string_view part) {
  const std::string clean = Defuse(CollapseSpace(ReplaceInvalidUtf8(part)));
  return std::string(Trim(CutToLimit(clean)));
}

std::string RenderChain(const Chain& chain) {
  std::string text;
  for (size_t i = 0; i < chain.size(); ++i) {
    const ChainStep& step = chain[i];
    if (i > 0) text.push_back('\n');
    text.append(std::to_string(i + 1)).append(". [").append(FamilyName(step.family));
    if (step.indicator) text.append("/").append(IndicatorName(*step.indicator));
    text.append("]");
    Append(step.observation, " ", &text);
    Append(step.inference, " -> ", &text);
    Append(step.hypothesis, " => ", &text);
  }
  return text;
}

}  // namespace gre
