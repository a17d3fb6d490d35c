#include "report/bench_groups.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "knowledge/place_namer.h"
#include "metrics/bootstrap.h"

namespace gre {
namespace {

const Country* CountryOf(const TruthRecord& truth) {
  if (!truth.country_code.empty()) return FindCountry(truth.country_code);
  return truth.point ? FindCountry(CountryCodeAt(*truth.point)) : nullptr;
}

void AddGrouping(std::vector<TruthGrouping>& groupings, std::string property,
                 std::span<const TruthRecord> truth,
                 const std::function<std::string(const TruthRecord&)>& value_of) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < truth.size(); ++i) {
    std::string value = value_of(truth[i]);
    if (!value.empty()) groups[std::move(value)].push_back(i);
  }
  if (groups.size() < 2) return;
  TruthGrouping grouping = {std::move(property), {}};
  for (auto& [name, records] : groups) grouping.groups.push_back({name, std::move(records)});
  std::stable_sort(
      grouping.groups.begin(), grouping.groups.end(),
      [](const TruthGroup& a, const TruthGroup& b) { return a.records.size() > b.records.size(); });
  groupings.push_back(std::move(grouping));
}

}  // namespace

std::string CountryNameOf(const TruthRecord& truth) {
  const Country* country = CountryOf(truth);
  return country == nullptr ? std::string() : country->name;
}

std::string CountryNameAt(const LatLng& point) {
  const Country* country = FindCountry(CountryCodeAt(point));
  return country == nullptr ? std::string() : country->name;
}

std::vector<TruthGrouping> GroupTruths(std::span<const TruthRecord> truth) {
  std::set<std::string> labels;
  for (const TruthRecord& record : truth) {
    for (const auto& [label, value] : record.labels) labels.insert(label);
  }
  std::vector<TruthGrouping> groupings;
  for (const std::string& label : labels) {
    AddGrouping(groupings, label, truth, [&](const TruthRecord& record) {
      const auto found = record.labels.find(label);
      return found == record.labels.end() ? std::string() : found->second;
    });
  }
  AddGrouping(groupings, "country", truth, CountryNameOf);
  if (!labels.contains("continent")) {
    AddGrouping(groupings, "continent", truth, [](const TruthRecord& record) {
      const Country* country = CountryOf(record);
      return country == nullptr ? std::string() : country->continent;
    });
  }
  return groupings;
}

IntervalBars GroupBars(const BenchReport& report, const TruthGrouping& grouping,
                       const std::string& metric) {
  IntervalBars bars;
  // The row of each system's scores that stands for a truth.
  std::vector<std::map<size_t, size_t>> rows(report.systems.size());
  for (size_t s = 0; s < report.systems.size(); ++s) {
    bars.systems.push_back(report.systems[s].name);
    const auto& records = report.systems[s].records.records;
    for (size_t row = 0; row < records.size(); ++row) rows[s].emplace(records[row].truth, row);
  }
  BootstrapOptions bootstrap;
  bootstrap.resamples = 2000;  // of small groups; more would not show in a picture
  const bool many = grouping.property == "country";
  for (const TruthGroup& group : grouping.groups) {
    if (many && bars.groups.size() == kMostCountries) break;
    BarGroup& bar_group = bars.groups.emplace_back();
    bar_group.label = group.name;
    bar_group.remark = Concat({"n = ", std::to_string(group.records.size())});
    for (size_t s = 0; s < report.systems.size(); ++s) {
      const MetricColumn* column = report.systems[s].records.Find(metric);
      std::vector<double> values;
      for (const size_t truth : group.records) {
        const auto row = rows[s].find(truth);
        if (column == nullptr || row == rows[s].end()) continue;
        const double value = column->values[row->second];
        if (!std::isnan(value)) values.push_back(value);
      }
      BarValue& bar = bar_group.values.emplace_back();
      if (values.empty()) continue;
      const MeanEstimate mean = BootstrapMean(values, bootstrap);
      bar.value = mean.value;
      bar.interval = Interval{mean.low, mean.high};
    }
  }
  return bars;
}

}  // namespace gre
