#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/bench_report.h"
#include "report/charts/interval_bars.h"

namespace gre {

// A metric of every system by one property of the photos.
struct PropertyGroups {
  std::string property;  // "environment", "country", "continent"
  size_t groups = 0;     // that there are; of countries the kMostCountries largest are in `bars`
  IntervalBars bars;     // by falling size, those without the property last
  // Of each group of `bars`: how many records its figures are made of, "12", or "9–12" where
  // systems differ.
  std::vector<std::string> records;
};

// By every label that has at least two values, then by country and continent
// (bench/compare/breakdown.h), with 95 % bootstrap intervals.
std::vector<PropertyGroups> GroupsOf(const BenchReport& report, std::string_view metric);

// English name of a country, the code itself where it has none.
std::string CountryName(const std::string& code);

}  // namespace gre
