#include "bench/chains/clue_match.h"

#include <algorithm>
#include <array>

#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

constexpr std::array<std::string_view, 14> kSmallWords = {
    "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"};

// "gates" -> "gate", "churches" -> "churche": both sides of a comparison lose the same ending.
std::string_view Singular(std::string_view word) {
  constexpr size_t kShortest = 4;
  if (word.size() >= kShortest && word.ends_with('s') && !word.ends_with("ss")) {
    word.remove_suffix(1);
  }
  return word;
}

bool HoldsWord(std::string_view folded, std::string_view singular) {
  return std::ranges::any_of(Split(folded, ' '),
                             [&](std::string_view word) { return Singular(word) == singular; });
}

}  // namespace

Clue::Clue(std::string_view indicator) {
  std::string_view region = indicator;
  for (const std::string_view arrow : {"->", "\xE2\x86\x92"}) {
    const size_t at = indicator.find(arrow);
    if (at == std::string_view::npos) continue;
    region = indicator.substr(at + arrow.size());
    const std::string feature = FoldName(indicator.substr(0, at));
    for (const std::string_view word : Split(feature, ' ')) {
      if (!word.empty() && std::ranges::find(kSmallWords, word) == kSmallWords.end()) {
        words_.emplace_back(Singular(word));
      }
    }
    break;
  }
  if (const Country* country = FindCountryByName(region)) {
    names_.push_back(FoldName(country->name));
    for (const std::string& name : country->other_names) {
      if (name != "US") names_.push_back(FoldName(name));  // without capitals that is a pronoun
    }
  } else {
    std::string name = FoldName(region.substr(0, region.find(',')));
    if (!name.empty()) names_.push_back(std::move(name));
  }
}

bool Clue::IsIn(std::string_view folded) const {
  if (names_.empty() && words_.empty()) return false;
  const bool named = names_.empty() || std::ranges::any_of(names_, [&](const std::string& name) {
                       return HoldsName(folded, name);
                     });
  return named && std::ranges::all_of(
                      words_, [&](const std::string& word) { return HoldsWord(folded, word); });
}

bool HoldsName(std::string_view folded, std::string_view name) {
  if (name.empty()) return false;
  for (size_t at = folded.find(name); at != std::string_view::npos;
       at = folded.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || folded[at - 1] == ' ') && (end == folded.size() || folded[end] == ' ')) {
      return true;
    }
  }
  return false;
}

}  // namespace gre
