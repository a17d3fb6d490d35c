#include "bench/chains/unsupported_specifics.h"

#include <algorithm>
#include <array>
#include <set>

#include "bench/chains/clue_match.h"
#include "core/strings.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

using Kind = UnsupportedSpecific::Kind;

constexpr std::array<std::string_view, 14> kStreetEndings = {
    "Street", "Road",  "Rd",    "Avenue",  "Ave", "Boulevard", "Blvd",
    "Lane",   "Drive", "Alley", "Highway", "Hwy", "Parkway",   "Crescent"};
constexpr std::array<std::string_view, 15> kStreetBeginnings = {
    "Rue",   "Via",    "Calle", "Avenida", "Rua",       "Ulica", "Carrer", "Strada",
    "Jalan", "Avenue", "Viale", "Corso",   "Boulevard", "Ruta",  "Calzada"};
constexpr std::array<std::string_view, 9> kNumberedRoads = {"Route",     "Highway",  "Interstate",
                                                            "Motorway",  "Autobahn", "Autoroute",
                                                            "Carretera", "Ruta",     "Road"};
constexpr std::array<std::string_view, 11> kParticles = {"de", "la", "le",  "del",   "des", "du",
                                                         "di", "da", "dos", "della", "el"};

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsCapitalised(std::string_view word) {
  return !word.empty() && (IsUpper(word[0]) || static_cast<unsigned char>(word[0]) >= 0x80);
}

template <size_t kSize>
bool IsOneOf(std::string_view word, const std::array<std::string_view, kSize>& set) {
  return std::ranges::find(set, word) != set.end();
}

// A word without the punctuation around it, and where it stands.
struct Word {
  std::string_view text;
  size_t begin = 0;
  size_t end = 0;       // of the word in the text
  bool closed = false;  // punctuation follows: the next word does not belong to it
};

std::vector<Word> CutWords(std::string_view text) {
  constexpr std::string_view kAround = "\"'()[]{},;:!?.";
  std::vector<Word> words;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find(' ', begin), text.size());
    size_t first = begin;
    size_t last = end;
    while (first < last && kAround.find(text[first]) != std::string_view::npos) ++first;
    while (last > first && kAround.find(text[last - 1]) != std::string_view::npos) --last;
    if (first < last) words.push_back({text.substr(first, last - first), first, last, last != end});
    at = end;
  }
  return words;
}

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text), words_(CutWords(text)) {}

  // Calls found(kind, text).
  template <typename Found>
  void Run(const Found& found) const {
    Quotes(found);
    Streets(found);
    Plates(found);
    Phones(found);
  }

 private:
  template <typename Found>
  void Quotes(const Found& found) const {
    struct Pair {
      std::string_view open;
      std::string_view close;
    };
    constexpr std::array<Pair, 5> kQuotes = {{{"\"", "\""},
                                              {"'", "'"},
                                              {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                              {"\xE2\x80\x98", "\xE2\x80\x99"},
                                              {"\xC2\xAB", "\xC2\xBB"}}};
    constexpr size_t kLongest = 80;
    for (const Pair& quotes : kQuotes) {
      for (size_t at = text_.find(quotes.open); at != std::string_view::npos;
           at = text_.find(quotes.open, at)) {
        const size_t begin = at + quotes.open.size();
        at = begin;
        // An apostrophe opens no quotation.
        const size_t before = begin - quotes.open.size();
        if (before > 0 && text_[before - 1] != ' ' && text_[before - 1] != '(') continue;
        const size_t end = text_.find(quotes.close, begin);
        if (end == std::string_view::npos) break;
        const std::string_view inside = Trim(text_.substr(begin, end - begin));
        if (inside.size() >= 3 && inside.size() <= kLongest &&
            (IsCapitalised(inside) || IsDigit(inside[0]))) {
          found(Kind::kQuotedText, inside);
        }
        at = end + quotes.close.size();
      }
    }
  }

  template <typename Found>
  void Streets(const Found& found) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string_view word = words_[i].text;
      const bool follows = i + 1 < words_.size() && !words_[i].closed;
      if (follows && IsOneOf(word, kNumberedRoads) && HasDigit(words_[i + 1].text)) {
        found(Kind::kStreet, Between(i, i + 1));
      } else if (follows && IsOneOf(word, kStreetBeginnings)) {
        size_t last = i;
        while (
            last + 1 < words_.size() && !words_[last].closed &&
            (IsCapitalised(words_[last + 1].text) || IsOneOf(words_[last + 1].text, kParticles))) {
          ++last;
        }
        while (last > i && IsOneOf(words_[last].text, kParticles)) --last;
        if (last > i) found(Kind::kStreet, Between(i, last));
      } else if (IsOneOf(word, kStreetEndings)) {
        size_t first = i;
        while (first > 0 && !words_[first - 1].closed && IsCapitalised(words_[first - 1].text) &&
               words_[first - 1].text != "The") {
          --first;
        }
        if (first < i) found(Kind::kStreet, Between(first, i));
      } else if (IsGermanStreet(word)) {
        found(Kind::kStreet, word);
      }
    }
  }

  template <typename Found>
  void Plates(const Found& found) const {
    const std::string lower = AsciiLower(text_);
    if (lower.find("plate") == std::string::npos &&
        lower.find("registration") == std::string::npos) {
      return;
    }
    for (const Word& word : words_) {
      constexpr size_t kShortest = 5;
      constexpr size_t kLongest = 10;
      if (word.text.size() < kShortest || word.text.size() > kLongest) continue;
      const auto upper = std::ranges::count_if(word.text, IsUpper);
      const auto digits = std::ranges::count_if(word.text, IsDigit);
      const auto hyphens = std::ranges::count(word.text, '-');
      if (upper >= 2 && digits >= 2 &&
          upper + digits + hyphens == static_cast<std::ptrdiff_t>(word.text.size())) {
        found(Kind::kNumberPlate, word.text);
      }
    }
  }

  template <typename Found>
  void Phones(const Found& found) const {
    constexpr size_t kFewestDigits = 7;
    for (size_t at = text_.find('+'); at != std::string_view::npos; at = text_.find('+', at + 1)) {
      size_t end = at + 1;
      while (end < text_.size() && (IsDigit(text_[end]) || text_[end] == ' ' || text_[end] == '-' ||
                                    text_[end] == '(' || text_[end] == ')')) {
        ++end;
      }
      const std::string_view number = Trim(text_.substr(at, end - at));
      if (std::ranges::count_if(number, IsDigit) >= static_cast<std::ptrdiff_t>(kFewestDigits)) {
        found(Kind::kPhoneNumber, number);
      }
    }
  }

  [[nodiscard]] static bool HasDigit(std::string_view word) {
    return std::ranges::any_of(word, IsDigit);
  }
  [[nodiscard]] static bool IsGermanStreet(std::string_view word) {
    return IsCapitalised(word) && (word.ends_with("stra\xC3\x9F"
                                                  "e") ||
                                   word.ends_with("strasse"));
  }
  [[nodiscard]] std::string_view Between(size_t first, size_t last) const {
    return text_.substr(words_[first].begin, words_[last].end - words_[first].begin);
  }

  std::string_view text_;
  std::vector<Word> words_;
};

}  // namespace

std::string_view SpecificKindName(Kind kind) {
  switch (kind) {
    case Kind::kQuotedText:
      return "quoted_text";
    case Kind::kStreet:
      return "street";
    case Kind::kNumberPlate:
      return "number_plate";
    case Kind::kPhoneNumber:
      break;
  }
  return "phone_number";
}

std::vector<UnsupportedSpecific> FindUnsupportedSpecifics(std::span<const Statement> statements,
                                                          std::span<const StepClass> classes) {
  std::vector<std::string> seen;
  std::vector<bool> sees(statements.size());
  for (size_t i = 0; i < statements.size(); ++i) {
    sees[i] = classes[i] == StepClass::kCaption || MentionsSight(statements[i].text);
    if (sees[i]) seen.push_back(FoldName(statements[i].text));
  }
  std::vector<UnsupportedSpecific> specifics;
  std::set<std::string> known;
  for (size_t i = 0; i < statements.size(); ++i) {
    if (sees[i]) continue;
    Finder(statements[i].text).Run([&](Kind kind, std::string_view text) {
      const std::string folded = FoldName(text);
      if (folded.empty() || !known.insert(folded).second) return;
      const bool supported = std::ranges::any_of(
          seen, [&](const std::string& statement) { return HoldsName(statement, folded); });
      if (!supported) specifics.push_back({kind, statements[i].step, std::string(text)});
    });
  }
  return specifics;
}

}  // namespace gre
