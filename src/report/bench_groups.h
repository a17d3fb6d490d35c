#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "bench/records.h"
#include "report/bench_report.h"
#include "report/charts/interval_bars.h"

namespace gre {

// The records of a benchmark by one of their properties.
struct TruthGroup {
  std::string name;             // "indoor"
  std::vector<size_t> records;  // indices of truths
};
struct TruthGrouping {
  std::string property;            // "environment", "country", "continent"
  std::vector<TruthGroup> groups;  // by falling size; at least two
};

// By every label that has at least two values, then by country and continent.
std::vector<TruthGrouping> GroupTruths(std::span<const TruthRecord> truth);

// English name of the record's country (as stated, else of its point by borders); empty: unknown.
std::string CountryNameOf(const TruthRecord& truth);
std::string CountryNameAt(const LatLng& point);

// A metric of every system in each group, with 95 % bootstrap intervals of the mean.
IntervalBars GroupBars(const BenchReport& report, const TruthGrouping& grouping,
                       const std::string& metric);

}  // namespace gre
