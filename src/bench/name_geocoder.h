#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/gazetteer.h"

namespace gre {

// The names protocol: answers that name a place instead of writing coordinates are turned into
// points offline, as published evaluations do with a map service (GLOBE, GeoReasoner). The same
// model scores very differently under both protocols, so they are never mixed in one table.

// What an answer names; empty: not named.
struct AnsweredName {
  std::string city;
  std::string region;
  std::string country;

  [[nodiscard]] bool empty() const { return city.empty() && region.empty() && country.empty(); }
};

// Reads the names out of a reply: JSON fields "city" (or town, village), "state" (region, province,
// prefecture) and "country" wherever they stand in it, the last of each; without any, the answer's
// text (inside of <answer>, else the last line) as "City, Region, Country". "unknown", "n/a",
// "none" and the like are no names. Linear time.
AnsweredName ReadAnsweredName(std::string_view reply);
// "City, Region, Country", "City, Country" or one name: a country where it is one, else a city.
AnsweredName SplitName(std::string_view name);

// The same names without white space, brackets and words that stand for none.
AnsweredName CleanName(const AnsweredName& name);

// Points of names, from GeoNames' populated places. Not thread-safe (it keeps what it looked up).
class NameGeocoder {
 public:
  // `gazetteer` must outlive it.
  explicit NameGeocoder(const Gazetteer& gazetteer) : gazetteer_(gazetteer) {}

  enum class Level { kNone, kCity, kRegion, kCountry };

  struct Found {
    std::optional<LatLng> point = {};
    Level level = Level::kNone;  // that the point stands for
    bool coarser = false;        // than what was named: its city (or region) is not in the table
    std::string reason = {};     // without a point
  };

  // A city: its place, or the middle of several within 50 km; one that stands for several places
  // farther apart has no point. It is looked for in its region where the table knows that, else in
  // the country. A region: the spherical mean of its places. A country: the middle of its area.
  // What is not in the table falls back to the next level named. Abbreviations of states and
  // provinces of the United States, Canada and Australia are known, and England, Scotland, Wales
  // and Northern Ireland as regions of the United Kingdom.
  Found Find(const AnsweredName& name);

  // How often Find ended how.
  struct Counts {
    size_t cities = 0;
    size_t regions = 0;
    size_t countries = 0;
    size_t coarser = 0;  // of regions and countries
    size_t unresolved = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  // The same in words.
  [[nodiscard]] std::string DescribeCounts() const;

 private:
  Found Resolve(const AnsweredName& name);
  std::optional<LatLng> MiddleOfRegion(const std::string& country_code, std::string_view region);

  const Gazetteer& gazetteer_;
  // By country, then folded name of a region.
  std::map<std::string, std::map<std::string, std::vector<LatLng>>> regions_;
  Counts counts_;
};

}  // namespace gre
