#include "report/charts/density_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"
#include "report/charts/map_window.h"

namespace gre {
namespace {

// Light to dark in equal steps of lightness, readable in grey; a page restyles them as h0 to h4.
constexpr std::array<std::string_view, 5> kShades = {"#fdd49e", "#fc9f59", "#e8602d", "#b52a16",
                                                     "#6b0d0d"};
constexpr std::string_view kCircle = "#0072b2";
constexpr double kLargestCircle = 17;  // pixels
constexpr size_t kMostTooltips = 3000;

size_t ShadeOf(int64_t count) {
  size_t shade = 0;
  for (int64_t limit = 10; count >= limit && shade + 1 < kShades.size(); limit *= 10) ++shade;
  return shade;
}

std::string ShadeName(size_t shade) {
  const double from = std::pow(10, static_cast<double>(shade));
  if (shade + 1 == kShades.size()) return NumberLabel(from) + " and more";
  if (shade == 0) return "1 to 9";
  return Concat({NumberLabel(from), " to ", NumberLabel(from * 10 - 1)});
}

std::string Degrees(double value, char positive, char negative) {
  return Concat(
      {NumberLabel(std::abs(value)), "° ", std::string(1, value < 0 ? negative : positive)});
}

class Drawing {
 public:
  explicit Drawing(const DensityMap& map) : map_(map) {
    for (const DensityMap::Cell& cell : map_.cells) points_ += cell.count;
    for (const DensityMap::Circle& circle : map_.circles) {
      in_circles_ += circle.count;
      most_ = std::max(most_, circle.count);
    }
  }

  std::string Render() && {
    if (points_ + in_circles_ == 0) return NoDataChart(map_.title, "no place is known");
    constexpr double kMapTop = 84;
    constexpr double kMapHeight = 380;
    SvgWriter svg(kChartWidth, kMapTop + kMapHeight + 16, map_.title, Description());
    DrawHeading(svg, map_.title, Subtitle());
    DrawKeys(svg);
    const PlotArea area = {16, kMapTop, kChartWidth - 16, kMapTop + kMapHeight};
    {
      MapWindow window(svg, area, WorldBoxFor(area), map_.world);
      DrawCells(window);
      window.DrawLines();
      DrawCircles(window);
    }
    return std::move(svg).Finish();
  }

 private:
  [[nodiscard]] std::string Count(int64_t count) const {
    return Concat({NumberLabel(static_cast<double>(count)), " ", map_.unit});
  }

  [[nodiscard]] std::string Subtitle() const {
    std::string text;
    if (points_ > 0) {
      text = Concat({Count(points_), " with coordinates in ",
                     NumberLabel(static_cast<double>(map_.cells.size())), " cells of ",
                     NumberLabel(map_.cell_degrees), "°"});
    }
    if (in_circles_ > 0) {
      text += Concat({text.empty() ? "" : "; ", Count(in_circles_), " by country alone in ",
                      NumberLabel(static_cast<double>(map_.circles.size())), " countries"});
    }
    return text;
  }

  [[nodiscard]] std::string Description() const {
    std::string text = Subtitle();
    text += '.';
    std::vector<DensityMap::Circle> largest = map_.circles;
    std::ranges::stable_sort(largest,
                             [](const auto& a, const auto& b) { return a.count > b.count; });
    if (largest.size() > 10) largest.resize(10);
    for (const DensityMap::Circle& circle : largest) {
      text += Concat({" ", circle.name, ": ", std::to_string(circle.count), "."});
    }
    return text;
  }

  void DrawKeys(SvgWriter& svg) const {
    double x = 16;
    if (points_ > 0) {
      size_t darkest = 0;
      for (const DensityMap::Cell& cell : map_.cells)
        darkest = std::max(darkest, ShadeOf(cell.count));
      for (size_t shade = 0; shade <= darkest; ++shade) {
        svg.Leaf("rect", {{"class", Concat({"h", std::to_string(shade)})},
                          {"x", x},
                          {"y", 58.0},
                          {"width", 16.0},
                          {"height", 12.0},
                          {"fill", kShades[shade]}});
        const std::string name = ShadeName(shade);
        svg.Text(x + 22, 68, name, {{"font-size", kSmallSize}});
        x += 34 + TextWidth(name, kSmallSize);
      }
      const std::string unit = std::string("a cell");
      svg.Text(x, 68, unit, {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
      x += 24 + TextWidth(unit, kSmallSize);
    }
    if (in_circles_ == 0) return;
    svg.Leaf("circle", {{"class", "country"},
                        {"cx", x + 8},
                        {"cy", 64.0},
                        {"r", 7.0},
                        {"fill", kCircle},
                        {"fill-opacity", 0.28},
                        {"stroke", kCircle}});
    svg.Text(x + 22, 68, Concat({"a country, up to ", NumberLabel(static_cast<double>(most_))}),
             {{"font-size", kSmallSize}});
  }

  void DrawCells(MapWindow& window) const {
    const bool tooltips = map_.cells.size() <= kMostTooltips;
    std::array<std::string, kShades.size()> paths;
    for (const DensityMap::Cell& cell : map_.cells) {
      const double north = std::min(cell.south_deg + map_.cell_degrees, 89.0);
      const double east = cell.west_deg + map_.cell_degrees;
      const MapPoint low = ProjectMiller({cell.south_deg, cell.west_deg});
      const MapPoint high = ProjectMiller({north, east});
      const std::string path = Concat({"M", SvgNumber(low.x), " ", SvgNumber(low.y), "H",
                                       SvgNumber(low.x + map_.cell_degrees), "V", SvgNumber(high.y),
                                       "H", SvgNumber(low.x), "Z"});
      const size_t shade = ShadeOf(cell.count);
      if (!tooltips) {
        paths[shade] += path;
        continue;
      }
      DrawShade(window, shade, path,
                Concat({Count(cell.count), ", ", Degrees(cell.south_deg, 'N', 'S'), ", ",
                        Degrees(cell.west_deg, 'E', 'W')}));
    }
    for (size_t shade = 0; shade < paths.size(); ++shade) {
      if (!paths[shade].empty()) DrawShade(window, shade, paths[shade], {});
    }
  }

  static void DrawShade(MapWindow& window, size_t shade, const std::string& path,
                        std::string_view tooltip) {
    window.svg().Leaf(
        "path",
        {{"class", Concat({"h", std::to_string(shade)})}, {"d", path}, {"fill", kShades[shade]}},
        tooltip);
  }

  // Small ones over large ones.
  void DrawCircles(MapWindow& window) const {
    std::vector<DensityMap::Circle> circles = map_.circles;
    std::ranges::stable_sort(circles,
                             [](const auto& a, const auto& b) { return a.count > b.count; });
    for (const DensityMap::Circle& circle : circles) {
      const double share = static_cast<double>(circle.count) / static_cast<double>(most_);
      const double radius = std::max(kLargestCircle * std::sqrt(share), 1.5);
      const MapPoint at = ProjectMiller(circle.middle);
      window.svg().Leaf("circle",
                        {{"class", "country"},
                         {"cx", at.x},
                         {"cy", at.y},
                         {"r", window.Scaled(radius)},
                         {"fill", kCircle},
                         {"fill-opacity", 0.28},
                         {"stroke", kCircle},
                         {"stroke-width", window.Scaled(1)}},
                        Concat({circle.name, ": ", Count(circle.count)}));
    }
  }

  const DensityMap& map_;
  int64_t points_ = 0;
  int64_t in_circles_ = 0;
  int64_t most_ = 1;
};

}  // namespace

std::string DensityMapSvg(const DensityMap& map) { return Drawing(map).Render(); }

}  // namespace gre
