#include "report/charts/map_window.h"

#include <algorithm>

#include "core/strings.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr std::string_view kOcean = "#eaf1f5";
constexpr std::string_view kLand = "#f4f1e6";
constexpr std::string_view kCoast = "#93a194";
constexpr std::string_view kBorder = "#cdc7b7";

double Width(const PlotArea& area) { return area.right - area.left; }
double Height(const PlotArea& area) { return area.bottom - area.top; }

// The box grown to the shape of the area.
MapBox Shaped(const PlotArea& area, MapBox box) {
  const double aspect = Width(area) / Height(area);
  const double width = std::max(box.width, box.height * aspect);
  const double height = width / aspect;
  box.x -= (width - box.width) / 2;
  box.y -= (height - box.height) / 2;
  box.width = width;
  box.height = height;
  return box;
}

}  // namespace

MapBox BoxFor(const PlotArea& area, std::span<const LatLng> points, double least_width) {
  const double aspect = Width(area) / Height(area);
  // The whole world has a shape of its own.
  return Shaped(area, BoxAround(points, WorldBox(points), aspect, least_width));
}

MapBox WorldBoxFor(const PlotArea& area) { return Shaped(area, WorldBox({})); }

MapWindow::MapWindow(SvgWriter& svg, const PlotArea& area, const MapBox& box,
                     const WorldLines& world)
    : svg_(svg), degrees_per_pixel_(box.width / Width(area)) {
  svg_.Open("svg", {{"class", "map-window"},
                    {"x", area.left},
                    {"y", area.top},
                    {"width", Width(area)},
                    {"height", Height(area)},
                    {"viewBox", Concat({SvgNumber(box.x), " ", SvgNumber(box.y), " ",
                                        SvgNumber(box.width), " ", SvgNumber(box.height)})},
                    {"stroke-linejoin", "round"}});
  svg_.Leaf("rect", {{"class", "ocean"},
                     {"x", box.x},
                     {"y", box.y},
                     {"width", box.width},
                     {"height", box.height},
                     {"fill", kOcean}});
  background_ = DrawBackground(world, box, 0.7 * degrees_per_pixel_);
  Background("grid", background_.grid, "none", kRule);
  Background("land", background_.land, kLand, kCoast);
  Background("borders", background_.borders, "none", kBorder);
}

std::string MapWindow::Scaled(double pixels) const {
  return FormatFixed(pixels * degrees_per_pixel_, 4);
}

void MapWindow::DrawLines() {
  Background("coast", background_.land, "none", kCoast);
  Background("borders", background_.borders, "none", kCoast);
}

void MapWindow::Dot(std::string_view css_class, const LatLng& point, double radius,
                    std::string_view fill, std::string_view stroke, double stroke_width,
                    std::string_view tooltip) {
  const MapPoint at = ProjectMiller(point);
  svg_.Leaf("circle",
            {{"class", css_class},
             {"cx", at.x},
             {"cy", at.y},
             {"r", Scaled(radius)},
             {"fill", fill},
             {"stroke", stroke},
             {"stroke-width", Scaled(stroke_width)}},
            tooltip);
}

void MapWindow::Background(std::string_view css_class, const std::string& path,
                           std::string_view fill, std::string_view stroke) {
  if (path.empty()) return;
  svg_.Leaf("path", {{"class", css_class},
                     {"d", path},
                     {"fill", fill},
                     {"fill-rule", "evenodd"},
                     {"stroke", stroke},
                     {"stroke-width", Scaled(0.7)}});
}

}  // namespace gre
