#include "report/charts/histogram_panels.h"

#include <algorithm>
#include <numeric>

#include "core/check.h"
#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kPlotLeft = 190;
constexpr double kPlotRight = kChartWidth - 24;
constexpr double kPanelHeight = 62;
constexpr double kPanelGap = 14;
constexpr double kBottom = 48;
constexpr size_t kFewestBins = 12;

class Panels {
 public:
  explicit Panels(const HistogramPanels& chart) : chart_(chart) {
    size_t first = chart.edges.size();
    size_t last = 0;
    for (const HistogramPanel& panel : chart.panels) {
      GRE_CHECK(panel.counts.size() + 1 == chart.edges.size());
      const int64_t total = std::accumulate(panel.counts.begin(), panel.counts.end(), int64_t{0});
      if (total == 0) continue;
      shown_.push_back({&panel, total});
      for (size_t bin = 0; bin < panel.counts.size(); ++bin) {
        if (panel.counts[bin] == 0) continue;
        first = std::min(first, bin);
        last = std::max(last, bin);
        highest_ =
            std::max(highest_, static_cast<double>(panel.counts[bin]) / static_cast<double>(total));
      }
    }
    // a few bins would fill the whole axis
    while (!shown_.empty() && last - first + 1 < kFewestBins &&
           last - first + 2 < chart.edges.size()) {
      if (first > 0) --first;
      if (last + 2 < chart.edges.size()) ++last;
    }
    first_ = first;
    last_ = last;
  }

  std::string Render() && {
    if (shown_.empty()) return NoDataChart(chart_.title, "nothing was counted");
    const double top = kHeadingHeight + (chart_.marks.empty() ? 4 : 22);
    const auto panels = static_cast<double>(shown_.size());
    const PlotArea area = {kPlotLeft, top, kPlotRight,
                           top + panels * (kPanelHeight + kPanelGap) - kPanelGap};
    SvgWriter svg(kChartWidth, area.bottom + kBottom, chart_.title, Description());
    DrawHeading(svg, chart_.title, chart_.subtitle);
    const AxisRange values = {chart_.edges[first_], chart_.edges[last_ + 1]};
    const AxisRange pixels = {area.left, area.right};
    const AxisScale x =
        chart_.log ? AxisScale::Log(values, pixels) : AxisScale::Linear(values, pixels);
    DrawXAxis(svg, area, x, {.label = chart_.value_label, .unit = ""}, 12);
    DrawMarks(svg, x, area);
    double base = area.top + kPanelHeight;
    for (size_t i = 0; i < shown_.size(); ++i) {
      DrawPanel(svg, i, x, base);
      base += kPanelHeight + kPanelGap;
    }
    return std::move(svg).Finish();
  }

 private:
  struct Shown {
    const HistogramPanel* panel;
    int64_t total;
  };

  void DrawMarks(SvgWriter& svg, const AxisScale& x, const PlotArea& area) const {
    std::vector<double> lines;
    std::vector<double> shown;
    for (const double mark : chart_.marks) {
      if (mark <= x.values().from || mark >= x.values().to) continue;
      shown.push_back(mark);
      lines.push_back(x.At(mark));
    }
    const std::vector<double> labels = SpreadApart(lines, 54, area.left, area.right + 20);
    for (size_t i = 0; i < shown.size(); ++i) {
      svg.Leaf("line", {{"class", "axis threshold"},
                        {"x1", lines[i]},
                        {"y1", area.top - 4},
                        {"x2", lines[i]},
                        {"y2", area.bottom},
                        {"stroke", kSoft},
                        {"stroke-width", 1.0},
                        {"stroke-dasharray", "1 3"}});
      svg.Text(labels[i], area.top - 9, Concat({NumberLabel(shown[i]), chart_.mark_unit}),
               {{"text-anchor", "middle"}, {"font-size", kSmallSize}});
    }
  }

  void DrawPanel(SvgWriter& svg, size_t index, const AxisScale& x, double base) const {
    const auto& [panel, total] = shown_[index];
    const SeriesStyle style = StyleOfSeries(index);
    svg.Text(16, base - kPanelHeight + 26, FitText(panel->name, kPlotLeft - 30),
             {{"font-weight", "600"}});
    svg.Text(16, base - kPanelHeight + 42, FitText(panel->remark, kPlotLeft - 30, kSmallSize),
             {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
    svg.Leaf("line", {{"class", "rule"},
                      {"x1", kPlotLeft},
                      {"y1", base},
                      {"x2", kPlotRight},
                      {"y2", base},
                      {"stroke", kRule},
                      {"stroke-width", 1.0}});
    for (size_t bin = first_; bin <= last_; ++bin) {
      if (panel->counts[bin] == 0) continue;
      const double share = static_cast<double>(panel->counts[bin]) / static_cast<double>(total);
      const double left = x.At(chart_.edges[bin]);
      const double right = x.At(chart_.edges[bin + 1]);
      const double height = std::max(share / highest_ * kPanelHeight, 0.7);
      svg.Leaf("rect",
               {{"class", style.css_class + " area"},
                {"x", left + 0.4},
                {"y", base - height},
                {"width", std::max(right - left - 0.8, 0.5)},
                {"height", height},
                {"fill", style.color}},
               BinText(*panel, bin, share));
    }
  }

  [[nodiscard]] std::string BinText(const HistogramPanel& panel, size_t bin, double share) const {
    return Concat({panel.name, ", ", NumberLabel(Rounded(chart_.edges[bin])), " to ",
                   NumberLabel(Rounded(chart_.edges[bin + 1])), ": ",
                   NumberLabel(static_cast<double>(panel.counts[bin])), " (",
                   FormatFixed(share * 100, 1), " %)"});
  }

  // Three digits are enough for the end of a bin.
  static double Rounded(double value) {
    return value >= 100 ? static_cast<double>(static_cast<int64_t>(value + 0.5))
                        : static_cast<double>(static_cast<int64_t>(value * 100 + 0.5)) / 100;
  }

  [[nodiscard]] std::string Description() const {
    std::string text = Concat({"Distribution of ", chart_.value_label, "."});
    for (const Shown& shown : shown_) {
      const auto& counts = shown.panel->counts;
      const auto mode = static_cast<size_t>(std::ranges::max_element(counts) - counts.begin());
      text += Concat({" ", shown.panel->name, ", ", shown.panel->remark, ": most from ",
                      NumberLabel(Rounded(chart_.edges[mode])), " to ",
                      NumberLabel(Rounded(chart_.edges[mode + 1])), "."});
    }
    return text;
  }

  const HistogramPanels& chart_;
  std::vector<Shown> shown_;
  size_t first_ = 0, last_ = 0;
  double highest_ = 0;
};

}  // namespace

std::string HistogramPanelsSvg(const HistogramPanels& chart) { return Panels(chart).Render(); }

}  // namespace gre
