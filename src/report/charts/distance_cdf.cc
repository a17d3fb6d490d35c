#include "report/charts/distance_cdf.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/strings.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr double kFarthestKm = 20004;  // the longest geodesic
constexpr double kHeight = 430;
constexpr PlotArea kArea = {64, 80, 496, 380};
constexpr double kKeysLeft = 512;

struct Curve {
  std::string name;
  SeriesStyle style;
  std::vector<double> sorted_km;
  size_t records = 0;

  [[nodiscard]] double ShareWithin(double distance_km) const {
    const auto end = std::upper_bound(sorted_km.begin(), sorted_km.end(), distance_km);
    return static_cast<double>(end - sorted_km.begin()) / static_cast<double>(records);
  }
  // Infinite where fewer than half of the records have a distance.
  [[nodiscard]] double MedianKm() const {
    const auto nth = [&](size_t i) {
      return i < sorted_km.size() ? sorted_km[i] : std::numeric_limits<double>::infinity();
    };
    return (nth((records - 1) / 2) + nth(records / 2)) / 2;
  }
};

std::vector<Curve> CurvesOf(const DistanceCdf& chart) {
  std::vector<Curve> curves;
  for (size_t i = 0; i < chart.systems.size(); ++i) {
    const CdfSystem& system = chart.systems[i];
    Curve curve = {system.name, StyleOfSeries(i), {}, system.distances_km.size() + system.misses};
    for (const double distance : system.distances_km) {
      if (distance >= 0) curve.sorted_km.push_back(distance);
    }
    std::sort(curve.sorted_km.begin(), curve.sorted_km.end());
    if (curve.records > 0) curves.push_back(std::move(curve));
  }
  return curves;
}

double LeastKm(const std::vector<Curve>& curves) {
  double least = 0.1;
  for (const Curve& curve : curves) {
    if (curve.sorted_km.empty()) continue;
    const double near = curve.sorted_km[curve.sorted_km.size() / 10];
    while (least > 0.001 && near < least) least /= 10;
  }
  return least;
}

std::string WithinText(double share, double km) {
  return Concat({FormatFixed(share * 100, 1), " % within ", NumberLabel(km), " km"});
}

std::string ThresholdName(double km) {
  if (km == 1) return "street";
  if (km == 25) return "city";
  if (km == 200) return "region";
  if (km == 750) return "country";
  if (km == 2500) return "continent";
  return {};
}

// Lines with their names above, which step aside for each other.
void DrawThresholds(SvgWriter& svg, const AxisScale& x, const std::vector<double>& thresholds_km) {
  constexpr double kLabelWidth = 54;
  constexpr double kElbow = 8;
  std::vector<double> lines;
  for (const double km : thresholds_km) lines.push_back(x.At(km));
  const std::vector<double> labels =
      SpreadApart(lines, kLabelWidth, kArea.left, kArea.right + kLabelWidth / 2);
  for (size_t i = 0; i < lines.size(); ++i) {
    svg.Leaf("path", {{"class", "axis threshold"},
                      {"d", Concat({"M", SvgNumber(labels[i]), " ", SvgNumber(kArea.top - kElbow),
                                    "L", SvgNumber(lines[i]), " ", SvgNumber(kArea.top), "V",
                                    SvgNumber(kArea.bottom)})},
                      {"fill", "none"},
                      {"stroke", kSoft},
                      {"stroke-width", 1.0},
                      {"stroke-dasharray", "1 3"}});
    const double baseline = kArea.top - kElbow - 4;
    svg.Text(labels[i], baseline, Concat({NumberLabel(thresholds_km[i]), " km"}),
             {{"text-anchor", "middle"}, {"font-size", kSmallSize}});
    const std::string name = ThresholdName(thresholds_km[i]);
    if (name.empty()) continue;
    svg.Text(
        labels[i], baseline - 13, name,
        {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "middle"}, {"font-size", kSmallSize}});
  }
}

// Horizontal, then vertical at each distance; corners nearer than half a pixel are one.
std::string StepPath(const Curve& curve, const AxisScale& x, const AxisScale& y) {
  const std::vector<double>& sorted = curve.sorted_km;
  const auto height = [&](size_t count) {
    return SvgNumber(y.At(static_cast<double>(count) / static_cast<double>(curve.records)));
  };
  const auto first = std::upper_bound(sorted.begin(), sorted.end(), x.values().from);
  size_t seen = static_cast<size_t>(first - sorted.begin());
  std::string path = Concat({"M", SvgNumber(x.pixels().from), " ", height(seen)});
  while (seen < sorted.size()) {
    const double at = x.At(sorted[seen]);
    while (seen < sorted.size() && x.At(sorted[seen]) < at + 0.5) ++seen;
    path += Concat({"H", SvgNumber(at), "V", height(seen)});
  }
  return Concat({path, "H", SvgNumber(x.pixels().to)});
}

void DrawCurve(SvgWriter& svg, const Curve& curve, const AxisScale& x, const AxisScale& y,
               const std::vector<double>& thresholds_km) {
  svg.Leaf("path",
           {{"class", curve.style.css_class + " line"},
            {"d", StepPath(curve, x, y)},
            {"fill", "none"},
            {"stroke", curve.style.color},
            {"stroke-width", 2.0},
            {"stroke-linejoin", "round"},
            {"stroke-dasharray", curve.style.dash}},
           curve.name);
  for (const double km : thresholds_km) {
    const double share = curve.ShareWithin(km);
    DrawMarker(svg, curve.style, x.At(km), y.At(share), 4.5,
               Concat({curve.name, ": ", WithinText(share, km)}));
  }
}

// Curves that run higher come first.
void DrawKeys(SvgWriter& svg, std::vector<const Curve*> curves) {
  std::stable_sort(curves.begin(), curves.end(),
                   [](const Curve* a, const Curve* b) { return a->MedianKm() < b->MedianKm(); });
  double y = kArea.top + 10;
  for (const Curve* curve : curves) {
    const double median = curve->MedianKm();
    DrawKey(
        svg, curve->style, kKeysLeft, y, kChartWidth - 8, curve->name,
        std::isfinite(median) ? "half within " + DistanceText(median) : "less than half answered");
    y += kKeyHeight;
  }
}

std::string Description(const std::vector<Curve>& curves, const std::vector<double>& thresholds) {
  std::string text = "Share of records whose answer lies within a distance of the truth.";
  for (const Curve& curve : curves) {
    text += Concat({" ", curve.name, ":"});
    for (size_t i = 0; i < thresholds.size(); ++i) {
      text += i > 0 ? ", " : " ";
      text += WithinText(curve.ShareWithin(thresholds[i]), thresholds[i]);
    }
    text += '.';
  }
  return text;
}

}  // namespace

std::string DistanceCdfSvg(const DistanceCdf& chart) {
  const std::vector<Curve> curves = CurvesOf(chart);
  if (curves.empty()) {
    return NoDataChart(chart.title,
                       chart.subtitle.empty() ? "no record was scored" : chart.subtitle);
  }
  SvgWriter svg(kChartWidth, kHeight, chart.title, Description(curves, chart.thresholds_km));
  DrawHeading(svg, chart.title, chart.subtitle);
  const AxisScale x = AxisScale::Log({LeastKm(curves), kFarthestKm}, {kArea.left, kArea.right});
  const AxisScale y = AxisScale::Linear({0, 1}, {kArea.bottom, kArea.top});
  DrawXAxis(svg, kArea, x, {.label = "distance from the truth (km)", .unit = ""});
  DrawYAxis(svg, kArea, y, {.label = "share of records", .unit = " %", .unit_factor = 100});
  std::vector<double> thresholds = chart.thresholds_km;
  std::erase_if(thresholds,
                [&](double km) { return !(km >= x.values().from && km <= x.values().to); });
  DrawThresholds(svg, x, thresholds);
  std::vector<const Curve*> by_height;
  for (const Curve& curve : curves) {
    DrawCurve(svg, curve, x, y, thresholds);
    by_height.push_back(&curve);
  }
  DrawKeys(svg, std::move(by_height));
  return std::move(svg).Finish();
}

}  // namespace gre
