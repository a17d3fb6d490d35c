#include "bench/compare/breakdown.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/parallel.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

enum class Area { kNone, kCountry, kSubregion, kContinent };

Area AreaNamed(std::string_view by) {
  if (by == "country") return Area::kCountry;
  if (by == "subregion") return Area::kSubregion;
  if (by == "continent") return Area::kContinent;
  return Area::kNone;
}

// Empty on the high sea and for codes without facts.
std::string AreaOf(const TruthRecord& record, Area area) {
  std::string code = TruthCountryCode(record);
  if (area == Area::kCountry) return code;
  const Country* country = FindCountry(code);
  if (country == nullptr) return {};
  return area == Area::kContinent ? country->continent : country->subregion;
}

Error UnknownGroup(std::span<const TruthRecord> truth, std::string_view by) {
  std::set<std::string_view> labels;
  for (const TruthRecord& record : truth) {
    for (const auto& [name, value] : record.labels) labels.insert(name);
  }
  std::string message = "--by: expected country, subregion, continent";
  for (const std::string_view label : labels) message.append(", ").append(label);
  message.append(labels.empty() ? " (the truth has no labels)" : "");
  message.append(", found '").append(by).append("'");
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace

Result<std::vector<std::string>> GroupNames(std::span<const TruthRecord> truth,
                                            std::string_view by) {
  const Area area = AreaNamed(by);
  std::vector<std::string> names(truth.size());
  ParallelFor(truth.size(), {.min_items = 2000}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (const auto label = truth[i].labels.find(by); label != truth[i].labels.end()) {
        names[i] = label->second;
      } else if (area != Area::kNone) {
        names[i] = AreaOf(truth[i], area);
      }
    }
  });
  if (area == Area::kNone && std::ranges::all_of(names, &std::string::empty)) {
    return UnknownGroup(truth, by);
  }
  for (std::string& name : names) {
    if (name.empty()) name = kGroupNotStated;
  }
  return names;
}

std::vector<RecordGroup> GroupRecords(std::span<const std::string> names,
                                      std::span<const Matching::Pair> records) {
  std::map<std::string_view, std::vector<size_t>> rows;
  for (size_t row = 0; row < records.size(); ++row) {
    rows[names[records[row].truth]].push_back(row);
  }
  std::vector<RecordGroup> groups;
  groups.reserve(rows.size());
  for (auto& [name, members] : rows) groups.push_back({std::string(name), std::move(members)});
  std::ranges::stable_sort(groups, [](const RecordGroup& a, const RecordGroup& b) {
    const bool a_last = a.name == kGroupNotStated;
    const bool b_last = b.name == kGroupNotStated;
    return a_last != b_last ? b_last : a.rows.size() > b.rows.size();
  });
  return groups;
}

Result<Breakdown> BreakDownScores(std::span<const TruthRecord> truth, const RecordScores& scores,
                                  std::string_view by, const BreakdownOptions& options) {
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> names, GroupNames(truth, by));
  Breakdown breakdown = {.by = std::string(by), .min_records = options.min_records};
  const size_t columns = scores.columns.size();
  for (const MetricColumn& column : scores.columns) breakdown.metrics.push_back(column.name);
  for (const RecordGroup& rows : GroupRecords(names, scores.records)) {
    BreakdownGroup group = {.name = rows.name,
                            .records = rows.rows.size(),
                            .too_small = rows.rows.size() < options.min_records};
    group.figures.assign(columns, {kNotANumber, kNotANumber, kNotANumber, 0});
    if (!group.too_small) {
      std::vector<double> values;  // [rows, columns]
      values.reserve(rows.rows.size() * columns);
      for (const size_t row : rows.rows) {
        for (const MetricColumn& column : scores.columns) values.push_back(column.values[row]);
      }
      const MeanEstimates means = EstimateFigures(values, columns, options.bootstrap);
      for (size_t i = 0; i < columns; ++i) {
        const MeanEstimate& mean = means.columns[i];
        group.figures[i] = {mean.value, mean.low, mean.high, mean.count};
      }
    }
    breakdown.groups.push_back(std::move(group));
  }
  return breakdown;
}

}  // namespace gre
