#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/charts/svg_writer.h"

namespace gre {

// How all charts look: dark text on white, seven colours that people with any colour vision tell
// apart (Okabe and Ito, "Color Universal Design", 2008; without its yellow, which is too light for
// lines on paper), and with each colour its own dashes and its own marker, so that nothing is lost
// in grey. A page restyles them by class: paper, ink, soft, axis, rule, s0 to s6 with line, area,
// mark.

inline constexpr std::string_view kChartFonts =
    "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
inline constexpr double kTextSize = 12;
inline constexpr double kSmallSize = 11;
inline constexpr std::string_view kPaper = "#ffffff";
inline constexpr std::string_view kInk = "#1c1a17";
inline constexpr std::string_view kSoft = "#5b564e";
inline constexpr std::string_view kRule = "#dcd7cc";
inline constexpr double kChartWidth = 720;

inline constexpr size_t kSeriesColors = 7;

struct SeriesStyle {
  std::string_view color;
  std::string_view dash;  // stroke-dasharray; "none" for a full line
  size_t marker = 0;      // see DrawMarker
  std::string css_class;  // "s0" to "s6"
};

// The look of the `index`-th system of a chart; the same in all charts. After seven, colours come
// again with other dashes and markers.
SeriesStyle StyleOfSeries(size_t index);

// A filled mark with a light rim, about `radius` around its middle.
void DrawMarker(SvgWriter& svg, const SeriesStyle& style, double x, double y, double radius = 4.5,
                std::string_view tooltip = {});

// An entry of a legend: a piece of the series' line with its marker, starting at `x`, its name
// after it in at most two lines that end at `right`, and a remark below (may be empty). `y` is the
// middle of the first line.
void DrawKey(SvgWriter& svg, const SeriesStyle& style, double x, double y, double right,
             std::string_view name, std::string_view remark);
// How high an entry is at most.
inline constexpr double kKeyHeight = 54;

// An estimate of how wide text is when shown, in pixels; fonts differ.
double TextWidth(std::string_view text, double size = kTextSize);
// `text` shortened with "…" to about `width` pixels.
std::string FitText(std::string_view text, double width, double size = kTextSize);

// Positions near the wanted ones that lie at least `gap` apart, within [low, high] where there is
// room; the order is kept.
std::vector<double> SpreadApart(const std::vector<double>& wanted, double gap, double low,
                                double high);

}  // namespace gre
