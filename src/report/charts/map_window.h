#pragma once

#include <span>
#include <string>
#include <string_view>

#include "geo/lat_lng.h"
#include "report/charts/chart_frame.h"
#include "report/charts/svg_writer.h"
#include "report/map_drawing.h"

namespace gre {

// A window in the shape of `area` around all the points, at least `least_width` degrees wide.
MapBox BoxFor(const PlotArea& area, std::span<const LatLng> points, double least_width);
// The window of the whole world in the shape of `area`.
MapBox WorldBoxFor(const PlotArea& area);

// The map in a rectangle of the picture: a nested <svg> whose unit is a degree, which also cuts off
// what lies outside. It is open until the object goes.
class MapWindow {
 public:
  MapWindow(SvgWriter& svg, const PlotArea& area, const MapBox& box, const WorldLines& world);
  ~MapWindow() { svg_.Close(); }
  MapWindow(const MapWindow&) = delete;
  MapWindow& operator=(const MapWindow&) = delete;

  // `pixels` on the picture, in the window's unit.
  [[nodiscard]] std::string Scaled(double pixels) const;

  // Coasts and borders as lines alone, over what covers the land.
  void DrawLines();
  void Dot(std::string_view css_class, const LatLng& point, double radius, std::string_view fill,
           std::string_view stroke, double stroke_width, std::string_view tooltip = {});

  [[nodiscard]] SvgWriter& svg() { return svg_; }

 private:
  void Background(std::string_view css_class, const std::string& path, std::string_view fill,
                  std::string_view stroke);

  SvgWriter& svg_;
  double degrees_per_pixel_;
  MapBackground background_;
};

}  // namespace gre
