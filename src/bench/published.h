#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Figures that papers published (data/benchmarks/published.json, our compilation), to stand beside
// scores. They were not re-run: conventions, protocols and photo lists differ, and each row says
// what is known of it.

struct PublishedRow {
  std::string system;
  int year = 0;
  std::vector<std::optional<double>> accuracy_percent;  // by threshold; absent: not published
  std::string protocol;                                 // "coordinates", "names", "not stated"
  std::string source;
  bool read_in_source = false;  // mark V; else S: taken from a secondary source
  std::string caveat;           // may be empty
  std::optional<double> mean_km;
  std::optional<double> geoscore;
  std::optional<double> country_percent;
  std::optional<double> chain_quality;
};

struct PublishedBenchmark {
  std::string name;   // as `gre bench import` calls it
  std::string title;  // "Im2GPS3k"
  std::string caveat;
  std::vector<double> thresholds_km;
  std::vector<PublishedRow> rows;
};

// "im2gps3k", "yfcc4k", "gws15k", "streetview", "osv5m", "greval"; kInvalidArgument lists them.
// What is returned lives as long as the program. Thread-safe.
Result<const PublishedBenchmark*> FindPublished(std::string_view name);

}  // namespace gre
