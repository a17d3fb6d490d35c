#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "bench/build/photo_annotator.h"
#include "core/strings.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"
#include "report/charts/axis_scale.h"
#include "report/charts/density_map.h"
#include "report/charts/histogram_panels.h"
#include "report/charts/interval_bars.h"
#include "report/dataset_page.h"

namespace gre {
namespace {

constexpr size_t kMostCountries = 20;
constexpr size_t kMostPanels = 8;

std::string Number(int64_t value) { return NumberLabel(static_cast<double>(value)); }

std::string Words(std::string_view name) {
  std::string words(name);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string NameOfCountry(const std::string& code) {
  const Country* country = FindCountry(code);
  return country == nullptr ? code : country->name;
}

std::vector<std::pair<std::string, int64_t>> Largest(const std::map<std::string, int64_t>& counts,
                                                     size_t most) {
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

DensityMap MakeDensity(const DatasetStatistics& statistics, const WorldLines& world) {
  DensityMap map;
  map.world = world;
  map.cell_degrees = PlaceDensity::kCellDegrees;
  const PlaceDensity& density = statistics.density;
  for (int row = 0; row < PlaceDensity::kRows; ++row) {
    for (int column = 0; column < PlaceDensity::kColumns; ++column) {
      const int64_t count = density.cells[static_cast<size_t>(row) * PlaceDensity::kColumns +
                                          static_cast<size_t>(column)];
      if (count == 0) continue;
      map.cells.push_back({row * map.cell_degrees - 90, column * map.cell_degrees - 180, count});
    }
  }
  for (const auto& [code, count] : density.country_only) {
    const std::optional<CountryExtent> extent = ExtentOfCountry(code);
    if (extent) map.circles.push_back({extent->centroid, NameOfCountry(code), count});
  }
  return map;
}

IntervalBars MakeCountries(const DatasetStatistics& statistics) {
  IntervalBars bars;
  const auto& countries = statistics.density.countries;
  bars.title = "Photos by country";
  bars.subtitle = countries.size() > kMostCountries
                      ? Concat({"the ", std::to_string(kMostCountries), " largest of ",
                                std::to_string(countries.size())})
                      : Concat({std::to_string(countries.size()), " countries"});
  bars.systems = {"photos"};
  bars.value_label = "photos";
  for (const auto& [code, count] : Largest(countries, kMostCountries)) {
    bars.groups.push_back(
        {NameOfCountry(code), "", {BarValue{static_cast<double>(count), std::nullopt}}});
  }
  return bars;
}

IntervalBars MakeFindings(const DatasetStatistics& statistics) {
  IntervalBars bars;
  bars.title = "Reasons for drops";
  bars.subtitle = Concat({Number(statistics.dropped), " of ", Number(statistics.photos),
                          " photos take no part; a photo can have several reasons"});
  bars.systems = {"photos dropped"};
  bars.value_label = "photos";
  for (const PhotoTable::FindingCount& finding : statistics.findings) {
    if (!finding.drops) continue;
    bars.groups.push_back({Words(finding.reason),
                           finding.stage,
                           {BarValue{static_cast<double>(finding.photos), std::nullopt}}});
  }
  std::ranges::stable_sort(bars.groups, [](const BarGroup& a, const BarGroup& b) {
    return a.values[0].value > b.values[0].value;
  });
  return bars;
}

std::vector<double> EdgesOf(const ValueHistogram& histogram) {
  std::vector<double> edges;
  for (size_t bin = 0; bin <= histogram.counts().size(); ++bin) {
    edges.push_back(histogram.Edge(bin));
  }
  return edges;
}

// One panel a teacher.
HistogramPanels MakePanels(const DatasetStatistics& statistics,
                           ValueHistogram TeacherStatistics::*which) {
  HistogramPanels chart;
  for (const TeacherStatistics& teacher : statistics.teachers) {
    const ValueHistogram& histogram = teacher.*which;
    if (histogram.total() == 0 || chart.panels.size() >= kMostPanels) continue;
    chart.edges = EdgesOf(histogram);
    chart.log = histogram.is_log();
    const double median = histogram.Quantile(0.5);
    chart.panels.push_back({TeacherTitle(teacher),
                            Concat({"n = ", Number(histogram.total()), ", median ",
                                    FormatFixed(median, median < 10 ? 1 : 0)}),
                            histogram.counts()});
  }
  if (chart.edges.empty()) chart.edges = {1, 2};
  return chart;
}

HistogramPanels MakeDistances(const DatasetStatistics& statistics) {
  HistogramPanels chart = MakePanels(statistics, &TeacherStatistics::distance_km);
  chart.title = "How far teachers' answers lie from the truth";
  chart.subtitle =
      "share of the answers a bin, eight bins a factor of ten; nearer than 100 m: first";
  chart.value_label = "distance from the truth (km)";
  chart.marks.assign(TeacherStatistics::kThresholdsKm.begin(),
                     TeacherStatistics::kThresholdsKm.end());
  chart.mark_unit = " km";
  return chart;
}

IntervalBars MakeBands(const DatasetStatistics& statistics) {
  IntervalBars bars;
  bars.title = "Judge: True and False by distance";
  bars.systems = {"True", "False"};
  bars.value_label = "records";
  std::map<std::string, std::array<double, 2>, NearBandsFirst> bands;
  int64_t hard = 0;
  for (const EntryCount& count : statistics.entries) {
    if (count.part != DataPart::kJudge || count.dropped || count.label < 0) continue;
    bands[count.band][count.label == 1 ? 0 : 1] += static_cast<double>(count.records);
    if (count.hard) hard += count.records;
  }
  bars.subtitle = Concat({"hard, near the bound between the labels: ", Number(hard)});
  for (const auto& [band, values] : bands) {
    bars.groups.push_back({band.empty() ? std::string("none") : Words(band),
                           "",
                           {BarValue{values[0], std::nullopt}, BarValue{values[1], std::nullopt}}});
  }
  return bars;
}

IntervalBars MakeIndicators(const DatasetStatistics& statistics) {
  const ChainStatistics& chains = statistics.chains;
  IntervalBars bars;
  bars.title = "Indicators beside GREval-Bench's";
  bars.subtitle = "here: share of the steps that name one; GREval: share of photos after filtering";
  bars.systems = {"this dataset", "GREval-Bench, published"};
  bars.value_label = "share";
  bars.percent = true;
  int64_t named = 0;
  for (const auto& [indicator, count] : chains.indicators) named += count;
  if (named == 0) return bars;
  const auto share = [&](int64_t count) {
    return BarValue{static_cast<double>(count) / static_cast<double>(named), std::nullopt};
  };
  for (const IndicatorShare& greval : IndicatorShares()) {
    const std::optional<Indicator> indicator = IndicatorFromName(greval.name);
    const auto found = indicator ? chains.indicators.find(*indicator) : chains.indicators.end();
    const int64_t count = found == chains.indicators.end() ? 0 : found->second;
    bars.groups.push_back({Words(greval.name),
                           std::string(greval.group),
                           {share(count), BarValue{greval.greval_percent / 100, std::nullopt}}});
  }
  for (const auto& [indicator, count] : chains.indicators) {
    const std::string_view name = IndicatorName(indicator);
    if (std::ranges::any_of(IndicatorShares(),
                            [&](const IndicatorShare& each) { return each.name == name; })) {
      continue;
    }
    bars.groups.push_back({Words(name),
                           std::string(IndicatorGroupName(Describe(indicator).group)),
                           {share(count), BarValue{}}});
  }
  return bars;
}

IntervalBars MakeFamilies(const DatasetStatistics& statistics) {
  IntervalBars bars;
  bars.title = "Kinds of evidence";
  bars.subtitle = Concat({"share of ", Number(statistics.chains.steps), " steps in ",
                          Number(statistics.chains.chains), " chains"});
  bars.systems = {"steps"};
  bars.value_label = "share of steps";
  bars.percent = true;
  if (statistics.chains.steps == 0) return bars;
  for (const FamilyInfo& family : Families()) {
    const auto found = statistics.chains.families.find(family.family);
    const int64_t count = found == statistics.chains.families.end() ? 0 : found->second;
    bars.groups.push_back(
        {std::string(family.title),
         "",
         {BarValue{static_cast<double>(count) / static_cast<double>(statistics.chains.steps),
                   std::nullopt}}});
  }
  return bars;
}

}  // namespace

std::vector<NamedChart> DatasetCharts(const DatasetStatistics& statistics,
                                      const WorldLines& world) {
  HistogramPanels characters = MakePanels(statistics, &TeacherStatistics::characters);
  characters.title = "Length of the replies";
  characters.value_label = "characters";
  HistogramPanels steps = MakePanels(statistics, &TeacherStatistics::steps);
  steps.title = "Steps of the chains";
  steps.value_label = "steps";
  HistogramPanels tokens = MakePanels(statistics, &TeacherStatistics::tokens);
  tokens.title = "Tokens of the replies";
  tokens.value_label = "completion tokens";
  std::vector<NamedChart> charts;
  charts.push_back({"density", DensityMapSvg(MakeDensity(statistics, world))});
  charts.push_back({"countries", IntervalBarsSvg(MakeCountries(statistics))});
  if (const IntervalBars findings = MakeFindings(statistics); !findings.groups.empty()) {
    charts.push_back({"findings", IntervalBarsSvg(findings)});
  }
  charts.push_back({"distances", HistogramPanelsSvg(MakeDistances(statistics))});
  charts.push_back({"judge_bands", IntervalBarsSvg(MakeBands(statistics))});
  charts.push_back({"indicators", IntervalBarsSvg(MakeIndicators(statistics))});
  charts.push_back({"families", IntervalBarsSvg(MakeFamilies(statistics))});
  charts.push_back({"characters", HistogramPanelsSvg(characters)});
  charts.push_back({"steps", HistogramPanelsSvg(steps)});
  if (!tokens.panels.empty()) charts.push_back({"tokens", HistogramPanelsSvg(tokens)});
  return charts;
}

}  // namespace gre
