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
