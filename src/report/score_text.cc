#include "report/score_text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/strings.h"
#include "report/conventions_text.h"

namespace gre {
namespace {

std::string Percent(const Estimate& estimate) {
  if (std::isnan(estimate.value)) return "not applicable";
  std::string text = FormatFixed(100 * estimate.value, 1) + " %";
  if (!std::isnan(estimate.low)) {
    text += "  [" + FormatFixed(100 * estimate.low, 1) + ", " +
            FormatFixed(100 * estimate.high, 1) + "]";
  }
  return text;
}

std::string Number(const Estimate& estimate, std::string_view unit) {
  if (std::isnan(estimate.value)) return "not applicable";
  std::string text = FormatFixed(estimate.value, 1).append(unit);
  if (!std::isnan(estimate.low)) {
    text += "  [" + FormatFixed(estimate.low, 1) + ", " + FormatFixed(estimate.high, 1) + "]";
  }
  return text;
}

struct Row {
  std::string label;
  std::vector<std::string> cells;
};

}  // namespace

std::string ScoreText(std::span<const NamedScores> systems, const ScoreConventions& conventions) {
  std::vector<Row> rows;
  const auto add = [&](std::string label, const auto& cell) {
    Row& row = rows.emplace_back(Row{std::move(label), {}});
    for (const NamedScores& system : systems) row.cells.push_back(cell(*system.scores));
  };
  rows.push_back({"", {}});
  for (const NamedScores& system : systems) rows.back().cells.push_back(system.name);
  for (size_t i = 0; i < conventions.thresholds_km.size(); ++i) {
    add("within " + FormatShortest(conventions.thresholds_km[i]) + " km",
        [i](const Scores& scores) { return Percent(scores.accuracy[i].second); });
  }
  add("GeoScore", [](const Scores& scores) { return Number(scores.geoscore, ""); });
  add("median distance", [](const Scores& scores) { return Number(scores.median_km, " km"); });
  add("mean distance", [](const Scores& scores) { return Number(scores.mean_km, " km"); });
  for (size_t i = 0; i < systems.front().scores->places.size(); ++i) {
    const std::string& name = systems.front().scores->places[i].first;
    add(name == "nearest_country" ? "country of nearest place" : name + " right",
        [i](const Scores& scores) { return Percent(scores.places[i].second); });
  }
  const auto count = [&](std::string label, size_t Scores::*member) {
    add(std::move(label), [member](const Scores& s) { return std::to_string(s.*member); });
  };
  count("records", &Scores::records);
  count("  without truth", &Scores::unmatched);
  count("  duplicates", &Scores::duplicates);
  count("  scored", &Scores::scored);
  count("    coordinates read", &Scores::parsed);
  count("    unreadable", &Scores::unparsed);
  count("    refused", &Scores::refused);
  count("    no reply", &Scores::engine_error);
  count("truths without prediction", &Scores::missing);

  size_t label_width = 0;
  std::vector<size_t> widths(systems.size());
  for (const Row& row : rows) {
    label_width = std::max(label_width, row.label.size());
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row.cells[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    text.append(row.label).append(label_width - row.label.size(), ' ');
    for (size_t i = 0; i < widths.size(); ++i) {
      text.append(2, ' ').append(row.cells[i]);
      if (i + 1 < widths.size()) text.append(widths[i] - row.cells[i].size(), ' ');
    }
    text.append("\n");
  }
  text.append("\n");
  for (const auto& [name, value] : DescribeConventions(conventions)) {
    text.append(name).append(": ").append(value).append("\n");
  }
  text.append("intervals: ").append(systems.front().scores->interval_method).append("\n");
  for (const NamedScores& system : systems) {
    for (const BenchWarning& warning : system.scores->warnings) {
      text.append("warning, ").append(system.name).append(" (").append(warning.kind);
      text.append("): ").append(warning.message).append("\n");
    }
  }
  return text;
}

}  // namespace gre
