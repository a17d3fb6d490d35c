#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/records.h"
#include "core/result.h"

namespace gre {

// The header of a benchmark file.
struct BenchmarkHeader {
  std::string name = {};           // "Im2GPS3k"
  std::string source_format = {};  // what it was imported from; empty for one that was built here
  std::string source_file = {};    // name without folder
  std::string source_sha256 = {};  // of that file
  std::string reviewed = "none";   // by whom annotations were checked
  // What `gre bench build` did: name of the stage, and "done …" or "skipped: why".
  std::vector<std::pair<std::string, std::string>> stages = {};
  size_t dropped = 0;  // rows of the source that are not in it
};

// A benchmark as "gre.benchmark/1" (docs/benchmark-schema.json): JSON Lines, a header, then one
// record a line with every key present and null for what is not known. ReadTruth reads it back
// equal, line numbers aside. Valid UTF-8.
Status WriteBenchmark(const std::string& path, const BenchmarkHeader& header,
                      std::span<const TruthRecord> records);

}  // namespace gre
