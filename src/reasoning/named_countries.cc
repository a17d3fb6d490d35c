#include "reasoning/named_countries.h"

#include <algorithm>
#include <array>

namespace gre {
namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct WordSpan {
  size_t begin;
  size_t end;
};

std::vector<WordSpan> FindWords(std::string_view text) {
  std::vector<WordSpan> words;
  for (size_t i = 0; i < text.size();) {
    if (!IsWordByte(text[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    // An apostrophe or hyphen between letters belongs to the word ("Côte d'Ivoire").
    while (i < text.size() &&
           (IsWordByte(text[i]) || ((text[i] == '\'' || text[i] == '-') && i + 1 < text.size() &&
                                    IsWordByte(text[i + 1])))) {
      ++i;
    }
    words.push_back({begin, i});
  }
  return words;
}

bool BeginsName(std::string_view text) {
  return (text[0] >= 'A' && text[0] <= 'Z') || static_cast<unsigned char>(text[0]) >= 0x80;
}

// Codes are no names, except those that people write.
const Country* CountryOf(std::string_view name) {
  constexpr std::array<std::string_view, 4> kWritten = {"US", "USA", "UK", "UAE"};
  constexpr size_t kShortestName = 4;
  if (name.size() < kShortestName &&
      std::find(kWritten.begin(), kWritten.end(), name) == kWritten.end()) {
    return nullptr;
  }
  return FindCountryByName(name);
}

}  // namespace

std::vector<const Country*> CountriesNamedIn(std::string_view text) {
  constexpr size_t kLongestName = 6;  // words
  std::vector<const Country*> countries;
  const std::vector<WordSpan> words = FindWords(text);
  for (size_t i = 0; i < words.size();) {
    size_t used = 1;
    if (BeginsName(text.substr(words[i].begin))) {
      for (size_t n = std::min(kLongestName, words.size() - i); n > 0; --n) {
        const size_t begin = words[i].begin;
        const Country* country = CountryOf(text.substr(begin, words[i + n - 1].end - begin));
        if (country == nullptr) continue;
        if (std::find(countries.begin(), countries.end(), country) == countries.end()) {
          countries.push_back(country);
        }
        used = n;
        break;
      }
    }
    i += used;
  }
  return countries;
}

}  // namespace gre
