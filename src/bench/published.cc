#include "bench/published.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/embed.h"
#include "core/json.h"

// GRE_DATA_DIR is set for this file in src/CMakeLists.txt.
GRE_EMBED(gre_published_json, GRE_DATA_DIR "/benchmarks/published.json");

namespace gre {
namespace {

std::optional<double> NumberOf(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() || found->is_null() ? std::nullopt
                                                : std::optional(found->get<double>());
}

PublishedRow ReadRow(const Json& json) {
  PublishedRow row;
  row.system = json.at("system");
  row.year = json.at("year");
  for (const Json& value : json.at("accuracy_percent")) {
    row.accuracy_percent.push_back(value.is_null() ? std::nullopt
                                                   : std::optional(value.get<double>()));
  }
  row.protocol = json.at("protocol");
  row.source = json.at("source");
  row.read_in_source = json.at("mark") == "V";
  row.caveat = json.at("caveat");
  row.mean_km = NumberOf(json, "mean_km");
  row.geoscore = NumberOf(json, "geoscore");
  row.country_percent = NumberOf(json, "country_percent");
  row.chain_quality = NumberOf(json, "chain_quality");
  return row;
}

std::vector<PublishedBenchmark> ReadTable() {
  const std::string_view text(
      reinterpret_cast<const char*>(gre_published_json_begin),
      static_cast<size_t>(gre_published_json_end - gre_published_json_begin));
  const Result<Json> json = ParseJson(text);
  GRE_CHECK(json.ok());
  std::vector<PublishedBenchmark> benchmarks;
  for (const Json& entry : json->at("benchmarks")) {
    PublishedBenchmark& benchmark = benchmarks.emplace_back();
    benchmark.name = entry.at("name");
    benchmark.title = entry.at("title");
    benchmark.caveat = entry.at("caveat");
    benchmark.thresholds_km = entry.at("thresholds_km").get<std::vector<double>>();
    for (const Json& row : entry.at("rows")) benchmark.rows.push_back(ReadRow(row));
  }
  return benchmarks;
}

}  // namespace

Result<const PublishedBenchmark*> FindPublished(std::string_view name) {
  static const std::vector<PublishedBenchmark> benchmarks = ReadTable();
  const auto found = std::ranges::find(benchmarks, name, &PublishedBenchmark::name);
  if (found != benchmarks.end()) return &*found;
  std::string names;
  for (const PublishedBenchmark& benchmark : benchmarks) {
    names.append(names.empty() ? "" : ", ").append(benchmark.name);
  }
  return Error{ErrorCode::kInvalidArgument,
               "expected one of " + names + ", found '" + std::string(name) + "'"};
}

}  // namespace gre
