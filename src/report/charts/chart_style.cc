#include "report/charts/chart_style.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "report/text_escape.h"
#include "report/text_layout.h"

namespace gre {
namespace {

constexpr std::array<std::string_view, kSeriesColors> kColors = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
// Lengths without a common factor with seven: colours that come again come with another of both.
constexpr std::array<std::string_view, 8> kDashes = {"none", "8 4",         "2 3", "10 3 2 3",
                                                     "15 4", "5 2 1 2 1 2", "1 4", "12 3 4 3"};
constexpr size_t kMarkers = 8;

std::string MarkerPath(size_t marker, double x, double y, double r) {
  // Corners in units of r, from the middle; a marker without corners is a circle.
  static const std::array<std::vector<std::array<double, 2>>, kMarkers> corners = {{
      {},
      {{-.88, -.88}, {.88, -.88}, {.88, .88}, {-.88, .88}},
      {{0, -1.2}, {1.1, .75}, {-1.1, .75}},
      {{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}},
      {{0, 1.2}, {1.1, -.75}, {-1.1, -.75}},
      {{-.4, -1.1},
       {.4, -1.1},
       {.4, -.4},
       {1.1, -.4},
       {1.1, .4},
       {.4, .4},
       {.4, 1.1},
       {-.4, 1.1},
       {-.4, .4},
       {-1.1, .4},
       {-1.1, -.4},
       {-.4, -.4}},
      {{0, -1.3},
       {.35, -.45},
       {1.25, -.4},
       {.55, .2},
       {.8, 1.1},
       {0, .6},
       {-.8, 1.1},
       {-.55, .2},
       {-1.25, -.4},
       {-.35, -.45}},
      {{-.55, -1.1}, {.55, -1.1}, {1.15, 0}, {.55, 1.1}, {-.55, 1.1}, {-1.15, 0}},
  }};
  if (corners[marker].empty()) {
    const std::string radius = SvgNumber(r);
    const std::string arc = "A" + radius + " " + radius + " 0 1 1 ";
    return "M" + SvgNumber(x - r) + " " + SvgNumber(y) + arc + SvgNumber(x + r) + " " +
           SvgNumber(y) + arc + SvgNumber(x - r) + " " + SvgNumber(y) + "Z";
  }
  std::string path;
  for (const auto& [dx, dy] : corners[marker]) {
    path += path.empty() ? 'M' : 'L';
    path += SvgNumber(x + dx * r);
    path += ' ';
    path += SvgNumber(y + dy * r);
  }
  return path + "Z";
}

// One line or two, broken behind a hyphen, underscore or slash where possible.
std::vector<std::string> WrapName(const std::string& name, int columns) {
  if (DisplayWidth(name) <= columns) return {name};
  std::string first = WrapText(name, columns).front();
  if (const size_t seam = first.find_last_of("-_/"); seam != std::string::npos && seam > 3) {
    first.resize(seam + 1);
  }
  const size_t rest = name.find_first_not_of(' ', first.size());
  return {first, Ellipsize(std::string_view(name).substr(rest), columns)};
}

}  // namespace

SeriesStyle StyleOfSeries(size_t index) {
  const size_t color = index % kSeriesColors;
  return {kColors[color], kDashes[index % kDashes.size()], index % kMarkers,
          "s" + std::to_string(color)};
}

void DrawMarker(SvgWriter& svg, const SeriesStyle& style, double x, double y, double radius,
                std::string_view tooltip) {
  svg.Leaf("path",
           {{"class", style.css_class + " mark"},
            {"d", MarkerPath(style.marker, x, y, radius)},
            {"fill", style.color},
            {"stroke", kPaper},
            {"stroke-width", 1.0}},
           tooltip);
}

void DrawKey(SvgWriter& svg, const SeriesStyle& style, double x, double y, double right,
             std::string_view name, std::string_view remark) {
  constexpr double kLength = 30;
  constexpr double kLine = 15;
  svg.Leaf("line", {{"class", style.css_class + " line"},
                    {"x1", x},
                    {"y1", y},
                    {"x2", x + kLength},
                    {"y2", y},
                    {"stroke", style.color},
                    {"stroke-width", 2.0},
                    {"stroke-dasharray", style.dash}});
  DrawMarker(svg, style, x + kLength / 2, y);
  const double left = x + kLength + 7;
  const int columns = std::max(4, static_cast<int>((right - left) / TextWidth("0")));
  const std::vector<std::string> lines = WrapName(PlainLine(name), columns);
  double baseline = y + 4;
  svg.Text(left, baseline, lines[0]);
  if (lines.size() > 1) {
    baseline += kLine;
    svg.Text(left, baseline, lines[1]);
  }
  if (remark.empty()) return;
  svg.Text(left, baseline + kLine, remark,
           {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
}

double TextWidth(std::string_view text, double size) {
  constexpr double kEmPerColumn = 0.58;
  return DisplayWidth(text) * size * kEmPerColumn;
}

std::string FitText(std::string_view text, double width, double size) {
  const int columns = static_cast<int>(width / TextWidth("0", size));
  return Ellipsize(text, std::max(columns, 2));
}

std::vector<double> SpreadApart(const std::vector<double>& wanted, double gap, double low,
                                double high) {
  std::vector<size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
  std::vector<double> placed(wanted.size());
  double least = low;
  for (const size_t i : order) {
    placed[i] = std::max(wanted[i], least);
    least = placed[i] + gap;
  }
  double most = high;
  for (size_t k = order.size(); k > 0; --k) {
    double& at = placed[order[k - 1]];
    at = std::min(at, most);
    most = at - gap;
  }
  return placed;
}

}  // namespace gre
