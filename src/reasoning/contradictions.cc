#include "reasoning/contradictions.h"

#include <algorithm>
#include <array>

#include "core/strings.h"
#include "knowledge/borders.h"

namespace gre {
namespace {

constexpr double kShoreKm = 50;

// ---- words --------------------------------------------------------------------------------------

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

bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsWordByte(text[at - 1])) && (end == text.size() || !IsWordByte(text[end]))) {
      return true;
    }
  }
  return false;
}

bool Holds(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string Join(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) joined.append(joined.empty() ? "" : ", ").append(item);
  return joined;
}

// What a step claims about the place: inference and hypothesis; of prose without either, the text.
std::string ClaimOf(const ChainStep& step) {
  std::string claim = step.inference.value_or("");
  if (step.hypothesis) claim.append(claim.empty() ? "" : " ").append(*step.hypothesis);
  return claim.empty() ? step.observation.value_or("") : claim;
}

// ---- the ground under the point -----------------------------------------------------------------

struct Ground {
  const Country* country = nullptr;    // nullptr far from any country
  std::vector<std::string> claimants;  // codes that count as right
};

Ground GroundAt(const LatLng& point) {
  Ground ground;
  std::optional<LandArea> area = LandAreaAt(point);
  if (!area) {
    NearestLand nearest = NearestLandTo(point);
    if (nearest.distance_km <= kShoreKm) area = std::move(nearest.area);
  }
  if (!area) return ground;
  ground.country = FindCountry(area->country_code);
  if (ground.country != nullptr) ground.claimants.push_back(ground.country->code);
  if (area->dispute) {
    for (const std::string& code : area->dispute->other_claimants) ground.claimants.push_back(code);
  }
  return ground;
}

// ---- checks -------------------------------------------------------------------------------------

class Checker {
 public:
  Checker(const Chain& chain, const LatLng& point)
      : chain_(chain), point_(point), ground_(GroundAt(point)) {}

  std::vector<Contradiction> Run() {
    CheckConclusion();
    for (size_t i = 0; i < chain_.size(); ++i) {
      const ChainStep& step = chain_[i];
      if (step.family == Family::kAttribute) CheckHemisphere(i, AsciiLower(ClaimOf(step)));
      if (ground_.country == nullptr) continue;
      if (step.indicator == Indicator::kContinent) CheckContinent(i);
      CheckDrivingSide(i);
      if (step.indicator == Indicator::kScript) CheckScript(i);
      if (step.indicator == Indicator::kLanguage) CheckLanguage(i);
    }
    return std::move(findings_);
  }

 private:
  void Add(ContradictionKind kind, size_t step, std::string claimed, std::string expected,
           std::string message) {
    findings_.push_back({kind, step, std::move(claimed), std::move(expected), std::move(message)});
  }

  // The last step whose hypothesis names countries is what the chain concludes.
  void CheckConclusion() {
    for (size_t i = chain_.size(); i-- > 0;) {
      if (!chain_[i].hypothesis) continue;
      const std::vector<const Country*> named = CountriesNamedIn(*chain_[i].hypothesis);
      if (named.empty()) continue;
      CheckCountries(i, named);
      return;
    }
  }

  void CheckCountries(size_t step, const std::vector<const Country*>& named) {
    const bool agrees = std::any_of(named.begin(), named.end(), [&](const Country* country) {
      return Holds(ground_.claimants, country->code);
    });
    if (agrees) return;
    std::string claimed;
    for (const Country* country : named) {
      claimed.append(claimed.empty() ? "" : ", ").append(country->name);
    }
    const std::string here = ground_.country == nullptr ? "the open sea" : ground_.country->name;
    Add(ContradictionKind::kCountry, step, claimed, here,
        "the chain concludes with " + claimed + ", but the point lies in " + here);
    const auto swapped = LatLng::FromDegrees(point_.longitude_deg, point_.latitude_deg);
    for (const Country* country : named) {
      if (!swapped || !CountryContains(country->code, *swapped)) continue;
      Add(ContradictionKind::kSwappedPair, step, country->name, here,
          "with latitude and longitude exchanged the point would lie in " + country->name);
      return;
    }
  }

  void CheckHemisphere(size_t step, const std::string& claim) {
    if (chain_[step].indicator != Indicator::kHemisphere) return;
    struct Half {
      std::string_view word;
      std::string_view opposite;
      bool here;
    };
    const std::array halves = {
        Half{"northern", "southern", point_.latitude_deg >= 0},
        Half{"southern", "northern", point_.latitude_deg <= 0},
        Half{"eastern", "western", point_.longitude_deg >= 0},
        Half{"western", "eastern", point_.longitude_deg <= 0},
    };
    for (const Half& half : halves) {
      if (half.here || !HasWord(claim, half.word)) continue;
      Add(ContradictionKind::kHemisphere, step, std::string(half.word), std::string(half.opposite),
          "the chain says " + std::string(half.word) + " hemisphere, but the point lies in the " +
              std::string(half.opposite));
    }
  }

  void CheckContinent(size_t step) {
    constexpr std::array<std::string_view, 7> kContinents = {
        "africa", "antarctica", "asia", "europe", "north america", "oceania", "south america"};
    const std::string claim = AsciiLower(ClaimOf(chain_[step]));
    const std::string here = AsciiLower(ground_.country->continent);
    if (HasWord(claim, here)) return;
    for (const std::string_view continent : kContinents) {
      if (!HasWord(claim, continent)) continue;
      Add(ContradictionKind::kContinent, step, std::string(continent), here,
          "the chain says " + std::string(continent) + ", but " + ground_.country->name +
              " lies in " + here);
      return;
    }
  }

  void CheckDrivingSide(size_t step) {
    const std::string claim = AsciiLower(ClaimOf(chain_[step]));
    const auto side = SideOf(claim, chain_[step].indicator == Indicator::kDrivingSide);
    if (!side || *side == ground_.country->driving_side) return;
    const std::string claimed(DrivingSideName(*side));
    const std::string expected(DrivingSideName(ground_.country->driving_side));
    Add(ContradictionKind::kDrivingSide, step, claimed, expected,
        "the chain says that traffic keeps " + claimed + ", but in " + ground_.country->name +
            " it keeps " + expected);
  }

  // Which side traffic keeps, where the text says so and says only one.
  static std::optional<DrivingSide> SideOf(std::string_view claim, bool is_about_it) {
    const auto says = [&](std::string_view side) {
      if (is_about_it) return HasWord(claim, side);
      const std::string word(side);
      return claim.find(word + "-hand traffic") != std::string_view::npos ||
             claim.find("keeps " + word) != std::string_view::npos ||
             claim.find("drive on the " + word) != std::string_view::npos ||
             claim.find("drives on the " + word) != std::string_view::npos ||
             claim.find("driving on the " + word) != std::string_view::npos;
    };
    const bool left = says("left");
    if (left == says("right")) return std::nullopt;
    return left ? DrivingSide::kLeft : DrivingSide::kRight;
  }

  void CheckScript(size_t step) {
    // Scripts that one word of text names; "Latin" stands beside every other one.
    static const std::vector<std::string> scripts = EveryItemOf(&Country::scripts);
    CheckList(ContradictionKind::kScript, step, scripts, ground_.country->scripts, "Latin",
              " is not the script of ");
  }

  void CheckLanguage(size_t step) {
    static const std::vector<std::string> languages = EveryItemOf(&Country::languages);
    CheckList(ContradictionKind::kLanguage, step, languages, ground_.country->languages, "English",
              " is no common language of ");
  }

  // `everywhere` is met in every country and contradicts none, unless an attribute step claims it.
  void CheckList(ContradictionKind kind, size_t step, const std::vector<std::string>& known,
                 const std::vector<std::string>& here, std::string_view everywhere,
                 std::string_view is_not) {
    if (here.empty()) return;
    const bool attribute = chain_[step].family == Family::kAttribute;
    const std::string claim = ClaimOf(chain_[step]);
    std::vector<std::string> claimed;
    for (const std::string& item : known) {
      if (!HasWord(claim, item) || (!attribute && item == everywhere)) continue;
      if (Holds(here, item)) return;
      claimed.push_back(item);
    }
    if (claimed.empty()) return;
    const std::string names = Join(claimed);
    Add(kind, step, names, Join(here), names + std::string(is_not) + ground_.country->name);
  }

  static std::vector<std::string> EveryItemOf(std::vector<std::string> Country::*list) {
    std::vector<std::string> items;
    for (const Country& country : AllCountries()) {
      items.insert(items.end(), (country.*list).begin(), (country.*list).end());
    }
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
  }

  const Chain& chain_;
  const LatLng point_;
  const Ground ground_;
  std::vector<Contradiction> findings_;
};

}  // namespace

std::string_view ContradictionKindName(ContradictionKind kind) {
  switch (kind) {
    case ContradictionKind::kCountry:
      return "country";
    case ContradictionKind::kContinent:
      return "continent";
    case ContradictionKind::kHemisphere:
      return "hemisphere";
    case ContradictionKind::kDrivingSide:
      return "driving_side";
    case ContradictionKind::kScript:
      return "script";
    case ContradictionKind::kLanguage:
      return "language";
    case ContradictionKind::kSwappedPair:
      return "swapped_pair";
  }
  return "";
}

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

std::vector<Contradiction> FindContradictions(const Chain& chain, const LatLng& point) {
  return Checker(chain, point).Run();
}

}  // namespace gre
