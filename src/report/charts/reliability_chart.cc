#include <algorithm>
#include <cmath>

#include "core/strings.h"
#include "report/charts/calibration_charts.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kPanelWidth = 352;
constexpr double kPanelHeight = 388;
constexpr double kPlotSide = 240;
constexpr double kHistogramHeight = 44;
constexpr double kHistogramGap = 8;

size_t AnswersOf(const ReliabilityPanel& panel) {
  size_t answers = 0;
  for (const ReliabilityBin& bin : panel.bins) answers += bin.count;
  return answers;
}

std::string Percent(double share) { return FormatFixed(share * 100, 1) + " %"; }

std::string BinText(const ReliabilityBin& bin) {
  return Concat({std::to_string(bin.count), " answers stated ", Percent(bin.mean_confidence),
                 " on average, ", Percent(bin.accuracy), " were right"});
}

class Panel {
 public:
  Panel(SvgWriter& svg, const ReliabilityPanel& panel, size_t index, double left, double top)
      : svg_(svg),
        panel_(panel),
        style_(StyleOfSeries(index)),
        plot_{left + 66, top + 42, left + 66 + kPlotSide, top + 42 + kPlotSide},
        x_(AxisScale::Linear({0, 1}, {plot_.left, plot_.right})),
        y_(AxisScale::Linear({0, 1}, {plot_.bottom, plot_.top})) {}

  void Draw() {
    svg_.Text(plot_.left, plot_.top - 26, FitText(panel_.name, kPanelWidth - 80),
              {{"font-weight", "600"}});
    svg_.Text(plot_.left, plot_.top - 10,
              Concat({"ECE ", FormatFixed(panel_.expected_calibration_error, 3), ", ",
                      std::to_string(AnswersOf(panel_)), " answers"}),
              {{"class", "soft"}, {"fill", kSoft}});
    const PlotArea whole = {plot_.left, plot_.top, plot_.right,
                            plot_.bottom + kHistogramGap + kHistogramHeight};
    DrawXAxis(svg_, whole, x_, {.label = "stated confidence", .unit = " %", .unit_factor = 100});
    DrawYAxis(svg_, plot_, y_, {.label = "share right", .unit = " %", .unit_factor = 100});
    svg_.Leaf("line", {{"class", "axis diagonal"},
                       {"x1", plot_.left},
                       {"y1", plot_.bottom},
                       {"x2", plot_.right},
                       {"y2", plot_.top},
                       {"stroke", kSoft},
                       {"stroke-dasharray", "5 4"}});
    DrawHistogram(whole.bottom);
    DrawBins();
  }

 private:
  void DrawHistogram(double bottom) {
    size_t most = 1;
    for (const ReliabilityBin& bin : panel_.bins) most = std::max(most, bin.count);
    for (const ReliabilityBin& bin : panel_.bins) {
      if (bin.count == 0) continue;
      const double height =
          kHistogramHeight * static_cast<double>(bin.count) / static_cast<double>(most);
      svg_.Leaf("rect",
                {{"class", style_.css_class + " area"},
                 {"x", x_.At(bin.low) + 0.5},
                 {"y", bottom - height},
                 {"width", x_.At(bin.high) - x_.At(bin.low) - 1},
                 {"height", height},
                 {"fill", style_.color},
                 {"fill-opacity", 0.45}},
                BinText(bin));
    }
    svg_.Text(plot_.left - 7, bottom - kHistogramHeight + 9, std::to_string(most),
              {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "end"}, {"font-size", 10.0}});
    svg_.Text(plot_.left - 7, bottom, "answers",
              {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "end"}, {"font-size", 10.0}});
  }

  // Larger markers where there are more answers.
  void DrawBins() {
    std::string whiskers;
    size_t most = 1;
    for (const ReliabilityBin& bin : panel_.bins) {
      most = std::max(most, bin.count);
      if (bin.count == 0) continue;
      const double right = std::round(bin.accuracy * static_cast<double>(bin.count));
      const Interval interval = WilsonInterval(static_cast<size_t>(right), bin.count);
      whiskers += Concat({"M", SvgNumber(x_.At(bin.mean_confidence)), " ",
                          SvgNumber(y_.At(interval.low)), "V", SvgNumber(y_.At(interval.high))});
    }
    svg_.Leaf("path", {{"class", "axis whisker"},
                       {"d", whiskers},
                       {"fill", "none"},
                       {"stroke", kSoft},
                       {"stroke-width", 1.2}});
    for (const ReliabilityBin& bin : panel_.bins) {
      if (bin.count == 0) continue;
      const double size = std::sqrt(static_cast<double>(bin.count) / static_cast<double>(most));
      DrawMarker(svg_, style_, x_.At(bin.mean_confidence), y_.At(bin.accuracy), 3.5 + 4 * size,
                 BinText(bin));
    }
  }

  SvgWriter& svg_;
  const ReliabilityPanel& panel_;
  SeriesStyle style_;
  PlotArea plot_;
  AxisScale x_;
  AxisScale y_;
};

}  // namespace

std::string ReliabilitySvg(const ReliabilityChart& chart) {
  // Indices, because a system keeps its colour when another has no confidences.
  std::vector<size_t> shown;
  std::string description = "Share of right answers for each stated confidence.";
  for (size_t i = 0; i < chart.panels.size(); ++i) {
    const ReliabilityPanel& panel = chart.panels[i];
    if (AnswersOf(panel) == 0) continue;
    shown.push_back(i);
    description += Concat({" ", panel.name, ": expected calibration error ",
                           FormatFixed(panel.expected_calibration_error, 3), "."});
  }
  if (shown.empty()) return NoDataChart(chart.title, "no answer states a confidence");
  const double rows = std::ceil(static_cast<double>(shown.size()) / 2);
  SvgWriter svg(kChartWidth, kHeadingHeight + rows * kPanelHeight, chart.title, description);
  DrawHeading(svg, chart.title, chart.subtitle);
  for (size_t k = 0; k < shown.size(); ++k) {
    const double left = kPanelWidth * static_cast<double>(k % 2);
    const double top = kHeadingHeight + kPanelHeight * std::floor(static_cast<double>(k) / 2);
    Panel(svg, chart.panels[shown[k]], shown[k], left, top).Draw();
  }
  return std::move(svg).Finish();
}

}  // namespace gre
