#include "report/bench_groups.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/compare/breakdown.h"
#include "core/strings.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

constexpr std::string_view kAreas[] = {"country", "continent"};

// The labels of the truth, then the areas that no label names.
std::vector<std::string> Properties(std::span<const TruthRecord> truth) {
  std::set<std::string> labels;
  for (const TruthRecord& record : truth) {
    for (const auto& [label, value] : record.labels) labels.insert(label);
  }
  std::vector<std::string> properties(labels.begin(), labels.end());
  for (const std::string_view area : kAreas) {
    if (!labels.contains(std::string(area))) properties.emplace_back(area);
  }
  return properties;
}

// The groups of all truths, answered or not.
std::vector<RecordGroup> TruthGroups(std::span<const TruthRecord> truth,
                                     const std::string& property) {
  const auto names = GroupNames(truth, property);
  if (!names.ok()) return {};  // no record has the label
  std::vector<Matching::Pair> all(truth.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = {i, RecordScores::kNoPrediction};
  return GroupRecords(*names, all);
}

// Of no record where the system has none of the group.
Estimate FigureOf(const Breakdown& breakdown, const std::string& group, std::string_view metric) {
  const auto found = std::ranges::find(breakdown.groups, group, &BreakdownGroup::name);
  const auto column = std::ranges::find(breakdown.metrics, metric);
  if (found == breakdown.groups.end() || column == breakdown.metrics.end()) {
    return {std::nan(""), std::nan(""), std::nan(""), 0};
  }
  return found->figures[static_cast<size_t>(column - breakdown.metrics.begin())];
}

BarValue Bar(const Estimate& estimate) {
  if (std::isnan(estimate.value)) return {};
  return {estimate.value, Interval{estimate.low, estimate.high}};
}

std::string RangeText(std::span<const Estimate> figures) {
  const auto [least, most] = std::ranges::minmax_element(figures, {}, &Estimate::records);
  std::string text = std::to_string(least->records);
  if (least->records != most->records) text.append("–").append(std::to_string(most->records));
  return text;
}

}  // namespace

std::string CountryName(const std::string& code) {
  const Country* country = FindCountry(code);
  return country == nullptr ? code : country->name;
}

std::vector<PropertyGroups> GroupsOf(const BenchReport& report, std::string_view metric) {
  BreakdownOptions options;
  options.min_records = 1;  // how many there are stands beside each figure
  options.bootstrap.resamples = 2000;
  std::vector<PropertyGroups> all;
  for (const std::string& property : Properties(report.truth)) {
    const std::vector<RecordGroup> groups = TruthGroups(report.truth, property);
    const auto stated = std::ranges::count_if(
        groups, [](const RecordGroup& group) { return group.name != kGroupNotStated; });
    if (stated < 2) continue;
    std::vector<Breakdown> breakdowns;
    for (const ReportedSystem& system : report.systems) {
      auto breakdown = BreakDownScores(report.truth, system.records, property, options);
      breakdowns.push_back(breakdown.ok() ? std::move(*breakdown) : Breakdown());
    }
    PropertyGroups& shown = all.emplace_back();
    shown.property = property;
    shown.groups = groups.size();
    for (const ReportedSystem& system : report.systems) shown.bars.systems.push_back(system.name);
    const bool by_country = property == "country";
    for (const RecordGroup& group : groups) {
      if (by_country && shown.records.size() == kMostCountries) break;
      std::vector<Estimate> figures;
      figures.reserve(breakdowns.size());
      for (const Breakdown& breakdown : breakdowns) {
        figures.push_back(FigureOf(breakdown, group.name, metric));
      }
      shown.records.push_back(RangeText(figures));
      BarGroup& bars = shown.bars.groups.emplace_back();
      bars.label = by_country ? CountryName(group.name) : group.name;
      bars.remark = Concat({"n = ", shown.records.back()});
      for (const Estimate& figure : figures) bars.values.push_back(Bar(figure));
    }
  }
  return all;
}

}  // namespace gre
