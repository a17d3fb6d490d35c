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
constexpr double kHeight = 440;
constexpr PlotArea kArea = {64, 84, 520, 390};
constexpr double kKeysLeft = 538;

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

void DrawThresholds(SvgWriter& svg, const AxisScale& x, const std::vector<double>& thresholds_km) {
  for (const double km : thresholds_km) {
    const double at = x.At(km);
    svg.Leaf("line", {{"class", "axis threshold"},
                      {"x1", at},
                      {"y1", kArea.top - 4},
                      {"x2", at},
                      {"y2", kArea.bottom},
                      {"stroke", kSoft},
                      {"stroke-width", 1.0},
                      {"stroke-dasharray", "1 3"}});
    const std::string name = ThresholdName(km);
    svg.Text(at, kArea.top - 9, NumberLabel(km) + " km",
             {{"text-anchor", "middle"}, {"font-size", kSmallSize}});
    if (name.empty()) continue;
    svg.Text(
        at, kArea.top - 22, name,
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
  const auto before = static_cast<size_t>(first - sorted.begin());
  double at = x.pixels().from;
  std::string path = Concat({"M", SvgNumber(at), " ", height(before)});
  for (size_t i = before; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && x.At(sorted[i + 1]) < at + 0.5) continue;
    at = x.At(sorted[i]);
    path += Concat({"H", SvgNumber(at), "V", height(i + 1)});
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
    DrawKey(svg, curve->style, kKeysLeft, y, FitText(curve->name, kChartWidth - kKeysLeft - 40));
    const double median = curve->MedianKm();
    svg.Text(kKeysLeft + 37, y + 19,
             std::isfinite(median) ? "median " + DistanceText(median) : "median: no answer",
             {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
    y += 42;
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
  if (curves.empty()) return NoDataChart(chart.title, "no record was scored");
  SvgWriter svg(kChartWidth, kHeight, chart.title, Description(curves, chart.thresholds_km));
  DrawHeading(svg, chart.title, "");
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
