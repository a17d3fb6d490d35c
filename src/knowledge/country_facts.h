#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gre {

enum class DrivingSide { kRight, kLeft };
std::string_view DrivingSideName(DrivingSide side);  // "right", "left"

// Facts about a country or territory of ISO 3166-1 (and Kosovo, XK), from Unicode CLDR,
// country-coder and countries-list (data/countries.json; credits in NOTICE).
struct Country {
  std::string code;                      // ISO 3166-1 alpha-2
  std::string alpha3;                    // ISO 3166-1 alpha-3
  std::string name;                      // English, short
  std::vector<std::string> other_names;  // further English names and the country's own
  std::string continent;                 // one of seven: "Africa", …, "South America"
  std::string subregion;                 // United Nations M49, finest level: "Western Africa"
  DrivingSide driving_side = DrivingSide::kRight;
  std::vector<std::string> scripts;    // of its official languages; empty where nobody lives
  std::vector<std::string> languages;  // official ones first, then widely spoken ones
  std::string capital;                 // empty where there is none
};

// All of them, by code. The table is read once, on the first call of any function here; all
// functions are thread-safe and what they return lives as long as the program.
std::span<const Country> AllCountries();

// By alpha-2 code in any letter case; nullptr for an unknown one.
const Country* FindCountry(std::string_view code);

// By alpha-2 or alpha-3 code, name or other name. Letter case, accents, punctuation, a leading
// "the", "&" for "and" and "St." for "Saint" do not matter ("cote d'ivoire", "RÉUNION"). nullptr
// when nothing matches; parts of a name never match.
const Country* FindCountryByName(std::string_view name);

}  // namespace gre
