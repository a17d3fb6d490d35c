#include <algorithm>
#include <cmath>

#include "core/strings.h"
#include "report/charts/calibration_charts.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kHeight = 400;
constexpr PlotArea kArea = {64, 66, 484, 350};
constexpr double kLabelsLeft = 512;

std::string CurvePath(const std::vector<RiskCoveragePoint>& curve, const AxisScale& x,
                      const AxisScale& y) {
  std::string path;
  double last_x = -1;
  for (size_t i = 0; i < curve.size(); ++i) {
    const double at = x.At(curve[i].coverage);
    const bool is_end = i == 0 || i + 1 == curve.size();
    if (!is_end && at < last_x + 0.5) continue;
    path += Concat({path.empty() ? "M" : "L", SvgNumber(at), " ", SvgNumber(y.At(curve[i].risk))});
    last_x = at;
  }
  return path;
}

// All of a few points; of many, those nearest below each fifth of the coverage.
std::vector<const RiskCoveragePoint*> MarkedPoints(const std::vector<RiskCoveragePoint>& curve) {
  constexpr size_t kFew = 12;
  std::vector<const RiskCoveragePoint*> marked;
  for (size_t i = 0; i < curve.size(); ++i) {
    const auto fifth = [&](size_t k) { return std::floor(curve[k].coverage * 5 + 1e-9); };
    if (curve.size() <= kFew || i + 1 == curve.size() || fifth(i) < fifth(i + 1)) {
      marked.push_back(&curve[i]);
    }
  }
  return marked;
}

}  // namespace

std::string RiskCoverageSvg(const RiskCoverageChart& chart) {
  std::vector<size_t> shown;
  std::vector<double> label_y;
  double highest = 0;
  for (const RiskCoverageCurve& curve : chart.curves) {
    for (const RiskCoveragePoint& point : curve.data.curve) highest = std::max(highest, point.risk);
  }
  const double full = std::min(1.0, std::ceil(highest * 5 + 0.25) / 5);  // a tick
  const AxisScale x = AxisScale::Linear({0, 1}, {kArea.left, kArea.right});
  const AxisScale y = AxisScale::Linear({0, full}, {kArea.bottom, kArea.top});
  std::string description = "Share of wrong answers among those answered, by the share answered.";
  for (size_t i = 0; i < chart.curves.size(); ++i) {
    const RiskCoverage& data = chart.curves[i].data;
    if (data.curve.empty()) continue;
    shown.push_back(i);
    label_y.push_back(y.At(data.curve.back().risk));
    description += Concat(
        {" ", chart.curves[i].name, ": ", FormatFixed(data.curve.back().risk * 100, 1),
         " % wrong when all is answered, area under the curve ", FormatFixed(data.aurc, 3), "."});
  }
  if (shown.empty()) return NoDataChart(chart.title, "no answer states a confidence");
  SvgWriter svg(kChartWidth, kHeight, chart.title, description);
  DrawHeading(svg, chart.title, chart.subtitle);
  DrawXAxis(svg, kArea, x,
            {.label = "coverage: share answered, most confident first",
             .unit = " %",
             .unit_factor = 100});
  DrawYAxis(svg, kArea, y, {.label = "risk: share wrong", .unit = " %", .unit_factor = 100});
  const std::vector<double> spread =
      SpreadApart(label_y, kKeyHeight, kArea.top + 8, kArea.bottom - 30);
  for (size_t k = 0; k < shown.size(); ++k) {
    const RiskCoverageCurve& curve = chart.curves[shown[k]];
    const SeriesStyle style = StyleOfSeries(shown[k]);
    svg.Leaf("path",
             {{"class", style.css_class + " line"},
              {"d", CurvePath(curve.data.curve, x, y)},
              {"fill", "none"},
              {"stroke", style.color},
              {"stroke-width", 2.0},
              {"stroke-linejoin", "round"},
              {"stroke-dasharray", style.dash}},
             curve.name);
    for (const RiskCoveragePoint* point : MarkedPoints(curve.data.curve)) {
      DrawMarker(svg, style, x.At(point->coverage), y.At(point->risk), 4.5,
                 Concat({curve.name, ": answering ", FormatFixed(point->coverage * 100, 1),
                         " % (confidence from ", FormatFixed(point->threshold, 2), "), ",
                         FormatFixed(point->risk * 100, 1), " % of it is wrong"}));
    }
    svg.Leaf("line", {{"class", "rule"},
                      {"x1", kArea.right + 7},
                      {"y1", label_y[k]},
                      {"x2", kLabelsLeft - 4},
                      {"y2", spread[k]},
                      {"stroke", kSoft},
                      {"stroke-width", 0.7}});
    DrawKey(svg, style, kLabelsLeft, spread[k], kChartWidth - 8, curve.name,
            Concat({"AURC ", FormatFixed(curve.data.aurc, 3)}));
  }
  return std::move(svg).Finish();
}

}  // namespace gre
