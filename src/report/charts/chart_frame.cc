#include "report/charts/chart_frame.h"

#include "report/charts/chart_style.h"

namespace gre {
namespace {

void GridLine(SvgWriter& svg, double x1, double y1, double x2, double y2, bool minor) {
  svg.Leaf("line", {{"class", "rule"},
                    {"x1", x1},
                    {"y1", y1},
                    {"x2", x2},
                    {"y2", y2},
                    {"stroke", kRule},
                    {"stroke-width", minor ? 0.4 : 0.9}});
}

std::string TickText(const AxisTick& tick, const AxisText& text) {
  return NumberLabel(tick.value * text.unit_factor) + std::string(text.unit);
}

}  // namespace

void DrawHeading(SvgWriter& svg, std::string_view title, std::string_view subtitle) {
  constexpr double kTitleSize = 15;
  svg.Text(16, 24, FitText(title, kChartWidth - 20, kTitleSize),
           {{"font-size", kTitleSize}, {"font-weight", "600"}});
  if (!subtitle.empty()) {
    svg.Text(16, 42, subtitle, {{"class", "soft"}, {"fill", kSoft}});
  }
}

void DrawXAxis(SvgWriter& svg, const PlotArea& area, const AxisScale& scale, const AxisText& text,
               int most_ticks) {
  for (const AxisTick& tick : scale.Ticks(most_ticks)) {
    const double x = scale.At(tick.value);
    GridLine(svg, x, area.top, x, area.bottom, tick.label.empty());
    if (tick.label.empty()) continue;
    svg.Text(x, area.bottom + 17, TickText(tick, text),
             {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "middle"}});
  }
  svg.Leaf("line", {{"class", "axis"},
                    {"x1", area.left},
                    {"y1", area.bottom},
                    {"x2", area.right},
                    {"y2", area.bottom},
                    {"stroke", kInk},
                    {"stroke-width", 1.0}});
  svg.Text((area.left + area.right) / 2, area.bottom + 36, text.label, {{"text-anchor", "middle"}});
}

void DrawYAxis(SvgWriter& svg, const PlotArea& area, const AxisScale& scale, const AxisText& text,
               int most_ticks) {
  for (const AxisTick& tick : scale.Ticks(most_ticks)) {
    const double y = scale.At(tick.value);
    GridLine(svg, area.left, y, area.right, y, tick.label.empty());
    if (tick.label.empty()) continue;
    svg.Text(area.left - 7, y + 4, TickText(tick, text),
             {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "end"}});
  }
  const double x = area.left - 46;
  const double y = (area.top + area.bottom) / 2;
  svg.Text(x, y, text.label,
           {{"text-anchor", "middle"},
            {"transform", "rotate(-90 " + SvgNumber(x) + " " + SvgNumber(y) + ")"}});
}

std::string NoDataChart(std::string_view title, std::string_view reason) {
  constexpr double kHeight = 150;
  std::string text = "No data: ";
  text += reason;
  SvgWriter svg(kChartWidth, kHeight, title, text);
  DrawHeading(svg, title, "");
  svg.Leaf("rect", {{"class", "axis"},
                    {"x", 16.0},
                    {"y", 42.0},
                    {"width", kChartWidth - 32},
                    {"height", kHeight - 58},
                    {"fill", "none"},
                    {"stroke", kSoft},
                    {"stroke-dasharray", "4 4"}});
  svg.Text(kChartWidth / 2, 96, text,
           {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "middle"}});
  return std::move(svg).Finish();
}

}  // namespace gre
