#include "knowledge/country_facts.h"

#include <algorithm>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/json.h"
#include "knowledge/embedded_data.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

std::vector<Country> ReadTable() {
  const Result<Json> json = ParseJson(CountriesJson());
  GRE_CHECK(json.ok());
  std::vector<Country> countries;
  countries.reserve(json->size());
  for (const Json& row : *json) {
    const Json& capital = row.at("capital");
    countries.push_back({.code = row.at("code"),
                         .alpha3 = row.at("alpha3"),
                         .name = row.at("name"),
                         .other_names = row.at("other_names"),
                         .continent = row.at("continent"),
                         .subregion = row.at("subregion"),
                         .driving_side = row.at("driving_side") == "left" ? DrivingSide::kLeft
                                                                          : DrivingSide::kRight,
                         .scripts = row.at("scripts"),
                         .languages = row.at("languages"),
                         .capital = capital.is_null() ? "" : capital.get<std::string>()});
  }
  GRE_CHECK(std::ranges::is_sorted(countries, {}, &Country::code));
  return countries;
}

using NameIndex = std::unordered_map<std::string, const Country*>;

NameIndex IndexNames() {
  NameIndex index;
  // A name that two rows share belongs to the one whose main name it is.
  for (const Country& country : AllCountries()) {
    index.emplace(FoldName(country.name), &country);
  }
  for (const Country& country : AllCountries()) {
    index.emplace(FoldName(country.code), &country);
    index.emplace(FoldName(country.alpha3), &country);
    for (const std::string& name : country.other_names) {
      index.emplace(FoldName(name), &country);
    }
  }
  return index;
}

}  // namespace

std::string FoldName(std::string_view name) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(error);
  GRE_CHECK(U_SUCCESS(error));
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
  const icu::UnicodeString decomposed = decompose->normalize(text, error);
  GRE_CHECK(U_SUCCESS(error));

  std::vector<std::string> words(1);
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    if (c == '&') {
      words.emplace_back("and");
      words.emplace_back();
    } else if (u_isalnum(c)) {
      icu::UnicodeString(u_foldCase(c, U_FOLD_CASE_DEFAULT)).toUTF8String(words.back());
    } else if (u_charType(c) != U_NON_SPACING_MARK && c != '\'' && c != U'\u2019' && c != '.' &&
               !words.back().empty()) {
      words.emplace_back();
    }
  }
  std::erase(words, "");
  if (words.size() > 1 && words.front() == "the") {
    words.erase(words.begin());
  }
  std::string folded;
  for (const std::string& word : words) {
    folded += (folded.empty() ? "" : " ") + (word == "st" ? "saint" : word);
  }
  return folded;
}

std::string_view DrivingSideName(DrivingSide side) {
  return side == DrivingSide::kLeft ? "left" : "right";
}

std::span<const Country> AllCountries() {
  static const std::vector<Country> countries = ReadTable();
  return countries;
}

const Country* FindCountry(std::string_view code) {
  std::string upper(code);
  for (char& c : upper) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  const std::span<const Country> all = AllCountries();
  const auto at = std::ranges::lower_bound(all, upper, {}, &Country::code);
  return at != all.end() && at->code == upper ? &*at : nullptr;
}

const Country* FindCountryByName(std::string_view name) {
  static const NameIndex index = IndexNames();
  constexpr size_t kMaxNameBytes = 200;
  if (name.size() > kMaxNameBytes) {
    return nullptr;
  }
  const auto at = index.find(FoldName(name));
  return at == index.end() ? nullptr : at->second;
}

}  // namespace gre
