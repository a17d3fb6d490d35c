#pragma once

#include <string>
#include <string_view>

#include "report/charts/axis_scale.h"
#include "report/charts/svg_writer.h"

namespace gre {

// What the charts are composed of: heading, plot area, axes.

// Where values are drawn, in pixels.
struct PlotArea {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

// Title and subtitle (may be empty) in the top left corner; the plot may start at kHeadingHeight.
void DrawHeading(SvgWriter& svg, std::string_view title, std::string_view subtitle);
inline constexpr double kHeadingHeight = 54;

struct AxisText {
  std::string label;       // "distance (km)"
  std::string_view unit;   // after each tick's label: " %"
  double unit_factor = 1;  // tick labels are values times this: 100 for per cent
};

// Grid lines, tick labels and the axis label below the plot or on its left.
void DrawXAxis(SvgWriter& svg, const PlotArea& area, const AxisScale& scale, const AxisText& text,
               int most_ticks = 6);
void DrawYAxis(SvgWriter& svg, const PlotArea& area, const AxisScale& scale, const AxisText& text,
               int most_ticks = 6);

// A whole chart that says only why there is nothing to see.
std::string NoDataChart(std::string_view title, std::string_view reason);

}  // namespace gre
