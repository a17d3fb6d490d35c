#include "reasoning/contradictions.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/strings.h"
#include "knowledge/borders.h"
#include "knowledge/climate.h"
#include "reasoning/ground.h"
#include "reasoning/named_countries.h"

namespace gre {
namespace {

// Of the equator and the meridians 0 and 180: so near to them both halves count as right.
constexpr double kMeridianDeg = 0.5;

// ---- words --------------------------------------------------------------------------------------

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
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

template <typename Item, typename Wanted>
bool Holds(const std::vector<Item>& list, const Wanted& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
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

// The main classes (Köppen's first letters) that a text about the climate may mean; empty for none.
std::string ClimatesNamedIn(std::string_view claim) {
  struct Word {
    std::string_view word;
    std::string_view classes;
  };
  // "Temperate" and the like are said of more than the class that bears the name.
  constexpr std::array<Word, 15> kWords = {{{"tropical", "A"},
                                            {"equatorial", "A"},
                                            {"desert", "B"},
                                            {"arid", "B"},
                                            {"steppe", "B"},
                                            {"mediterranean", "C"},
                                            {"oceanic", "C"},
                                            {"subtropical", "ABC"},
                                            {"temperate", "CD"},
                                            {"continental", "BCD"},
                                            {"boreal", "D"},
                                            {"subarctic", "DE"},
                                            {"tundra", "DE"},
                                            {"polar", "E"},
                                            {"ice cap", "E"}}};
  std::string classes;
  for (const Word& word : kWords) {
    if (HasWord(claim, word.word)) classes += word.classes;
  }
  return classes;
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
      if (step.indicator == Indicator::kClimate) CheckClimate(i);
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
    if (AnyNearby([&](const Country* country) { return Holds(named, country); })) return;
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
    const double latitude = point_.latitude_deg;
    const double longitude = point_.longitude_deg;
    const bool near_180 = std::abs(longitude) >= 180 - kMeridianDeg;
    const std::array halves = {
        Half{"northern", "southern", latitude >= -kMeridianDeg},
        Half{"southern", "northern", latitude <= kMeridianDeg},
        Half{"eastern", "western", longitude >= -kMeridianDeg || near_180},
        Half{"western", "eastern", longitude <= kMeridianDeg || near_180},
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
    const auto agrees = [&](const Country* country) {
      return HasWord(claim, AsciiLower(country->continent));
    };
    if (AnyNearby(agrees)) return;
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
    const auto agrees = [&](const Country* country) { return country->driving_side == *side; };
    if (!side || AnyNearby(agrees)) return;
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
    CheckList(ContradictionKind::kScript, step, scripts, &Country::scripts, "Latin",
              " is not the script of ");
  }

  void CheckLanguage(size_t step) {
    static const std::vector<std::string> languages = EveryItemOf(&Country::languages);
    CheckList(ContradictionKind::kLanguage, step, languages, &Country::languages, "English",
              " is no common language of ");
  }

  void CheckClimate(size_t step) {
    const std::string claim = ClaimOf(chain_[step]);
    const std::string classes = ClimatesNamedIn(AsciiLower(claim));
    const auto here = ClimateZoneAt(point_);
    if (classes.empty() || !here || ground_.climates.find_first_of(classes) != std::string::npos) {
      return;
    }
    const std::string expected(here->description);
    Add(ContradictionKind::kClimate, step, claim, expected,
        "the chain says of the climate: " + claim + ", but at the point it is " + expected);
  }

  template <typename Predicate>
  [[nodiscard]] bool AnyNearby(const Predicate& agrees) const {
    return std::any_of(ground_.nearby.begin(), ground_.nearby.end(), agrees);
  }

  // `everywhere` is met in every country and contradicts none, unless an attribute step claims it.
  void CheckList(ContradictionKind kind, size_t step, const std::vector<std::string>& known,
                 std::vector<std::string> Country::*list, std::string_view everywhere,
                 std::string_view is_not) {
    const std::vector<std::string>& here = ground_.country->*list;
    if (here.empty()) return;
    const bool attribute = chain_[step].family == Family::kAttribute;
    const std::string claim = ClaimOf(chain_[step]);
    std::vector<std::string> claimed;
    for (const std::string& item : known) {
      if (!HasWord(claim, item) || (!attribute && item == everywhere)) continue;
      if (AnyNearby([&](const Country* country) { return Holds(country->*list, item); })) return;
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
    case ContradictionKind::kClimate:
      return "climate";
    case ContradictionKind::kSwappedPair:
      return "swapped_pair";
  }
  return "";
}

std::optional<ContradictionKind> ContradictionKindFromName(std::string_view name) {
  using enum ContradictionKind;
  for (const ContradictionKind kind : {kCountry, kContinent, kHemisphere, kDrivingSide, kScript,
                                       kLanguage, kClimate, kSwappedPair}) {
    if (ContradictionKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

std::vector<Contradiction> FindContradictions(const Chain& chain, const LatLng& point) {
  return Checker(chain, point).Run();
}

}  // namespace gre
