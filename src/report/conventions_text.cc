#include "report/conventions_text.h"

#include "core/strings.h"

namespace gre {

std::vector<std::pair<std::string, std::string>> DescribeConventions(
    const ScoreConventions& conventions) {
  std::vector<std::pair<std::string, std::string>> stated;
  if (!conventions.preset.empty()) {
    std::string preset = conventions.preset == "gre"
                             ? "gre (assumed: no evaluation code is published)"
                             : conventions.preset;
    const char* separator = ", changed: ";
    for (const std::string_view changed : ChangedFromPreset(conventions)) {
      preset.append(separator).append(changed);
      separator = ", ";
    }
    stated.emplace_back("preset", std::move(preset));
  }
  stated.emplace_back(
      "protocol", conventions.protocol == "names"
                      ? "names, geocoded offline with GeoNames (a region or country alone is its "
                        "middle)"
                      : conventions.protocol);
  stated.emplace_back("distance", conventions.distance.Name());
  stated.emplace_back("boundary", conventions.boundary == Boundary::kInclusive ? "<=" : "<");
  using Unparsed = ScoreConventions::Unparsed;
  stated.emplace_back("unparsed",
                      conventions.unparsed == Unparsed::kWrong ? "wrong"
                      : conventions.unparsed == Unparsed::kDrop
                          ? "drop"
                          : "distance:" + FormatShortest(conventions.unparsed_distance_km));
  stated.emplace_back("missing", conventions.count_missing ? "wrong" : "ignore");
  std::string geoscore = "5000 exp(-d/" + FormatShortest(conventions.geoscore_scale_km) + " km), " +
                         conventions.geoscore_distance.Name();
  if (conventions.round_geoscore) geoscore += ", rounded per record";
  stated.emplace_back("geoscore", std::move(geoscore));
  stated.emplace_back("order", "latitude, longitude by field name");
  return stated;
}

}  // namespace gre
