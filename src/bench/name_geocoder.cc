#include "bench/name_geocoder.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "geo/geodesic.h"
#include "geo/sphere.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"
#include "knowledge/name_folding.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr double kOnePlaceKm = 50;
constexpr size_t kMaxNameBytes = 200;

// Postal abbreviations that people write for first-level regions, by country.
struct Abbreviation {
  std::string_view country;
  std::string_view text;
  std::string_view region;
};
constexpr Abbreviation kAbbreviations[] = {
    {"US", "AL", "Alabama"},
    {"US", "AK", "Alaska"},
    {"US", "AZ", "Arizona"},
    {"US", "AR", "Arkansas"},
    {"US", "CA", "California"},
    {"US", "CO", "Colorado"},
    {"US", "CT", "Connecticut"},
    {"US", "DE", "Delaware"},
    {"US", "DC", "Washington, D.C."},
    {"US", "FL", "Florida"},
    {"US", "GA", "Georgia"},
    {"US", "HI", "Hawaii"},
    {"US", "ID", "Idaho"},
    {"US", "IL", "Illinois"},
    {"US", "IN", "Indiana"},
    {"US", "IA", "Iowa"},
    {"US", "KS", "Kansas"},
    {"US", "KY", "Kentucky"},
    {"US", "LA", "Louisiana"},
    {"US", "ME", "Maine"},
    {"US", "MD", "Maryland"},
    {"US", "MA", "Massachusetts"},
    {"US", "MI", "Michigan"},
    {"US", "MN", "Minnesota"},
    {"US", "MS", "Mississippi"},
    {"US", "MO", "Missouri"},
    {"US", "MT", "Montana"},
    {"US", "NE", "Nebraska"},
    {"US", "NV", "Nevada"},
    {"US", "NH", "New Hampshire"},
    {"US", "NJ", "New Jersey"},
    {"US", "NM", "New Mexico"},
    {"US", "NY", "New York"},
    {"US", "NC", "North Carolina"},
    {"US", "ND", "North Dakota"},
    {"US", "OH", "Ohio"},
    {"US", "OK", "Oklahoma"},
    {"US", "OR", "Oregon"},
    {"US", "PA", "Pennsylvania"},
    {"US", "RI", "Rhode Island"},
    {"US", "SC", "South Carolina"},
    {"US", "SD", "South Dakota"},
    {"US", "TN", "Tennessee"},
    {"US", "TX", "Texas"},
    {"US", "UT", "Utah"},
    {"US", "VT", "Vermont"},
    {"US", "VA", "Virginia"},
    {"US", "WA", "Washington"},
    {"US", "WV", "West Virginia"},
    {"US", "WI", "Wisconsin"},
    {"US", "WY", "Wyoming"},
    {"CA", "AB", "Alberta"},
    {"CA", "BC", "British Columbia"},
    {"CA", "MB", "Manitoba"},
    {"CA", "NB", "New Brunswick"},
    {"CA", "NL", "Newfoundland and Labrador"},
    {"CA", "NS", "Nova Scotia"},
    {"CA", "NT", "Northwest Territories"},
    {"CA", "NU", "Nunavut"},
    {"CA", "ON", "Ontario"},
    {"CA", "PE", "Prince Edward Island"},
    {"CA", "QC", "Quebec"},
    {"CA", "SK", "Saskatchewan"},
    {"CA", "YT", "Yukon"},
    {"AU", "ACT", "Australian Capital Territory"},
    {"AU", "NSW", "New South Wales"},
    {"AU", "NT", "Northern Territory"},
    {"AU", "QLD", "Queensland"},
    {"AU", "SA", "South Australia"},
    {"AU", "TAS", "Tasmania"},
    {"AU", "VIC", "Victoria"},
    {"AU", "WA", "Western Australia"},
};

constexpr std::string_view kCityKeys[] = {"city", "town", "village", "municipality"};
constexpr std::string_view kRegionKeys[] = {"state", "region", "province", "prefecture"};
constexpr std::string_view kCountryKeys[] = {"country"};

// What a system writes where it names nothing.
bool IsNoName(std::string_view text) {
  constexpr std::string_view kNone[] = {"", "n/a", "na", "none", "null", "uncertain", "-", "?"};
  constexpr std::string_view kNonePrefixes[] = {"unknown",     "not ",   "undetermin",
                                                "unspecified", "unable", "cannot"};
  const std::string lower = AsciiLower(text);
  return std::ranges::find(kNone, lower) != std::end(kNone) ||
         std::ranges::any_of(kNonePrefixes,
                             [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

std::string NameOf(std::string_view text) {
  std::string_view name = Trim(text);
  while (name.ends_with('.')) name.remove_suffix(1);
  // "Unknown (rural area)", "Paris (France)"
  name = Trim(name.substr(0, name.find('(')));
  if (IsNoName(name) || name.size() > kMaxNameBytes) return "";
  return std::string(name);
}

// The text of the last `"key": "text"` in the reply; nullopt without one.
std::optional<std::string> FieldOf(std::string_view reply, std::span<const std::string_view> keys) {
  std::optional<std::string> last;
  for (const std::string_view key : keys) {
    const std::string quoted = "\"" + std::string(key) + "\"";
    for (size_t at = reply.find(quoted); at != std::string_view::npos;
         at = reply.find(quoted, at)) {
      at += quoted.size();
      const size_t colon = reply.find_first_not_of(" \t\r\n", at);
      if (colon == std::string_view::npos || reply[colon] != ':') continue;
      const size_t begin = reply.find_first_not_of(" \t\r\n", colon + 1);
      if (begin == std::string_view::npos || reply[begin] != '"') continue;
      size_t end = begin + 1;
      while (end < reply.size() && reply[end] != '"') end += reply[end] == '\\' ? 2 : 1;
      if (end >= reply.size()) continue;
      const auto text = ParseJson(reply.substr(begin, end + 1 - begin));
      if (text.ok() && text->is_string()) last = text->get<std::string>();
      at = end;
    }
    if (last) break;
  }
  return last;
}

std::string_view LastLine(std::string_view text) {
  text = Trim(text);
  const size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : Trim(text.substr(newline + 1));
}

// Spellings of a region, likeliest first.
std::vector<std::string> RegionSpellings(std::string_view country, const std::string& region) {
  std::vector<std::string> spellings;
  const auto known = std::ranges::find_if(kAbbreviations, [&](const Abbreviation& entry) {
    return entry.country == country && AsciiLower(entry.text) == AsciiLower(region);
  });
  if (known != std::end(kAbbreviations)) spellings.emplace_back(known->region);
  spellings.push_back(region);
  constexpr std::string_view kKinds[] = {" prefecture", " province", " region",  " state",
                                         " oblast",     " county",   " district"};
  const std::string lower = AsciiLower(region);
  for (const std::string_view kind : kKinds) {
    if (lower.ends_with(kind)) spellings.push_back(region.substr(0, region.size() - kind.size()));
  }
  return spellings;
}

// Spellings of a city, likeliest first: the table says "New York City" and "Osaka-shi".
std::vector<std::string> CitySpellings(const std::string& city) {
  std::vector<std::string> spellings = {city, city + " City", city + "-shi"};
  constexpr std::string_view kKinds[] = {" city", " ward"};
  const std::string lower = AsciiLower(city);
  for (const std::string_view kind : kKinds) {
    if (lower.ends_with(kind)) spellings.push_back(city.substr(0, city.size() - kind.size()));
  }
  // "Fushimi Ward, Kyoto"
  if (const size_t comma = city.rfind(','); comma != std::string::npos) {
    spellings.emplace_back(Trim(std::string_view(city).substr(comma + 1)));
  }
  return spellings;
}

}  // namespace

AnsweredName CleanName(const AnsweredName& name) {
  return {NameOf(name.city), NameOf(name.region), NameOf(name.country)};
}

AnsweredName SplitName(std::string_view name) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(name, ',')) {
    if (std::string clean = NameOf(part); !clean.empty()) parts.push_back(std::move(clean));
  }
  if (parts.empty()) return {};
  AnsweredName named;
  if (parts.size() == 1) {
    (FindCountryByName(parts[0]) != nullptr ? named.country : named.city) = parts[0];
    return named;
  }
  // "Street, District, City, Region, Country": the last three.
  named.country = parts.back();
  if (parts.size() == 2) {
    named.city = parts[0];
  } else {
    named.region = parts[parts.size() - 2];
    named.city = parts[parts.size() - 3];
  }
  return named;
}

AnsweredName ReadAnsweredName(std::string_view reply) {
  const auto city = FieldOf(reply, kCityKeys);
  const auto region = FieldOf(reply, kRegionKeys);
  const auto country = FieldOf(reply, kCountryKeys);
  if (city || region || country) {
    return {NameOf(city.value_or("")), NameOf(region.value_or("")), NameOf(country.value_or(""))};
  }
  const ReplyParts parts = SplitReply(reply);
  return SplitName(LastLine(parts.answer ? *parts.answer : std::string_view(parts.rest)));
}

NameGeocoder::Found NameGeocoder::Find(const AnsweredName& name) {
  Found found = Resolve(name);
  counts_.cities += found.level == Level::kCity ? 1 : 0;
  counts_.regions += found.level == Level::kRegion ? 1 : 0;
  counts_.countries += found.level == Level::kCountry ? 1 : 0;
  counts_.unresolved += found.level == Level::kNone ? 1 : 0;
  counts_.coarser += found.coarser ? 1 : 0;
  return found;
}

std::string NameGeocoder::DescribeCounts() const {
  return "names: " + std::to_string(counts_.cities) + " cities, " +
         std::to_string(counts_.regions) + " regions, " + std::to_string(counts_.countries) +
         " countries (" + std::to_string(counts_.coarser) +
         " of these for want of the place named), " + std::to_string(counts_.unresolved) +
         " without a point";
}

NameGeocoder::Found NameGeocoder::Resolve(const AnsweredName& answered) {
  if (answered.empty()) return {.reason = "no place is named"};
  AnsweredName name = answered;
  constexpr std::string_view kOfTheKingdom[] = {"england", "scotland", "wales", "northern ireland"};
  if (std::ranges::find(kOfTheKingdom, AsciiLower(name.country)) != std::end(kOfTheKingdom)) {
    name.region = std::exchange(name.country, "GB");
  }
  std::string code;
  if (!name.country.empty()) {
    const Country* country = FindCountryByName(name.country);
    if (country == nullptr) return {.reason = "the country '" + name.country + "' is not known"};
    code = country->code;
  }
  std::optional<LatLng> region;
  for (const std::string& spelling : RegionSpellings(code, name.region)) {
    if (!region && !name.region.empty()) region = MiddleOfRegion(code, spelling);
  }
  if (!name.city.empty()) {
    std::vector<Gazetteer::PlaceView> places;
    const std::vector<std::string> cities = CitySpellings(name.city);
    for (const std::string& spelling : RegionSpellings(code, name.region)) {
      for (const std::string& city : cities) {
        if (places.empty()) places = gazetteer_.FindByName(city, code, spelling);
      }
    }
    // Elsewhere in the country only where the table does not know the region.
    for (const std::string& city : cities) {
      if (places.empty() && !region) places = gazetteer_.FindByName(city, code);
    }
    std::vector<LatLng> points;
    for (const Gazetteer::PlaceView& place : places) points.push_back(place.position);
    if (const auto middle = SphericalMean(points)) {
      if (std::ranges::all_of(points, [&](const LatLng& point) {
            return GeodesicDistanceKm(point, *middle) <= kOnePlaceKm;
          })) {
        return {.point = middle, .level = Level::kCity};
      }
      if (name.region.empty()) {
        return {.reason = "'" + name.city + "' stands for " + std::to_string(points.size()) +
                          " places far apart"};
      }
    }
  }
  if (region) return {.point = region, .level = Level::kRegion, .coarser = !name.city.empty()};
  const auto extent = code.empty() ? std::nullopt : ExtentOfCountry(code);
  if (extent) {
    return {.point = extent->centroid,
            .level = Level::kCountry,
            .coarser = !name.city.empty() || !name.region.empty()};
  }
  return {.reason = "no place of the table is named '" +
                    (name.city.empty() ? name.region : name.city) + "'"};
}

std::optional<LatLng> NameGeocoder::MiddleOfRegion(const std::string& country_code,
                                                   std::string_view region) {
  if (country_code.empty()) return std::nullopt;
  const auto [known, is_new] = regions_.try_emplace(country_code);
  if (is_new) {
    std::string_view last;
    std::vector<LatLng>* points = nullptr;
    for (const Gazetteer::PlaceView& place : gazetteer_.PlacesIn(country_code)) {
      if (points == nullptr || place.region != last) {
        last = place.region;
        points = &known->second[MergeDigraphs(FoldName(last))];
      }
      points->push_back(place.position);
    }
  }
  const auto found = known->second.find(MergeDigraphs(FoldName(region)));
  return found == known->second.end() ? std::nullopt : SphericalMean(found->second);
}

}  // namespace gre
