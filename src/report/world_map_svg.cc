#include "report/world_map_svg.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/strings.h"
#include "report/radius_polygon.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kNorthDeg = 84;
constexpr double kSouthDeg = -60;
constexpr double kFarSouthDeg = -85;  // where an answer lies in Antarctica

// Units are degrees along the equator; y grows southwards, as SVG has it.
struct MapPoint {
  double x = 0;
  double y = 0;
};

// Miller (1942): y = 1.25 ln tan(pi/4 + 0.4 latitude).
MapPoint Project(const LatLng& point) {
  const double latitude = std::clamp(point.latitude_deg, kFarSouthDeg, 89.0);
  const double y = 1.25 * std::log(std::tan(std::numbers::pi / 4 + 0.4 * latitude * kDegree));
  return {point.longitude_deg, -y / kDegree};
}

struct ViewBox {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  [[nodiscard]] std::string Text() const {
    constexpr int kDecimals = 2;
    return FormatFixed(x, kDecimals) + " " + FormatFixed(y, kDecimals) + " " +
           FormatFixed(width, kDecimals) + " " + FormatFixed(height, kDecimals);
  }
};

ViewBox BoxOfWorld(double south_deg) {
  const double top = Project({kNorthDeg, 0}).y;
  return {-180, top, 360, Project({south_deg, 0}).y - top};
}

std::string Number(double value) {
  std::string text = FormatFixed(value, 2);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string PathData(std::span<const LatLng> line, bool closed) {
  std::string data;
  for (const LatLng& point : line) {
    const MapPoint at = Project(point);
    data += (data.empty() ? "M" : "L") + Number(at.x) + " " + Number(at.y);
  }
  return closed ? data + "Z" : data;
}

class SvgMap {
 public:
  SvgMap(std::span<const LocateResult> results, const WorldLines& lines)
      : results_(results), lines_(lines) {
    double south_deg = kSouthDeg;
    ForEachPoint([&](const LatLng& point) {
      if (point.latitude_deg < kSouthDeg) south_deg = kFarSouthDeg;
    });
    world_ = BoxOfWorld(south_deg);
    view_ = InitialView();
  }

  std::string Render() && {
    out_ = "<svg viewBox=\"" + view_.Text() + "\" data-world=\"" + world_.Text() +
           "\" tabindex=\"0\" role=\"group\" aria-label=\"World map\">\n";
    Background();
    if (results_.size() == 1) {
      SinglePhotoMarks(results_.front());
    }
    for (size_t i = 0; i < results_.size(); ++i) Pin(results_[i], i);
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  template <typename Visit>
  void ForEachPoint(const Visit& visit) const {
    for (const LocateResult& result : results_) {
      if (result.answer) visit(result.answer->point);
      if (result.metadata_gps) visit(*result.metadata_gps);
      if (results_.size() > 1) continue;
      for (const LocateAlternative& alternative : result.alternatives) visit(alternative.point);
      if (!result.answer) continue;
      for (const PlaneRing& ring :
           RadiusPolygon(result.answer->point, result.answer->radius_p90_km)) {
        for (const LatLng& point : ring) visit(point);
      }
    }
  }

  // All points with some room around them, in the shape of the map on a wide page; the outline is
  // too coarse to go nearer than kNearest degrees.
  [[nodiscard]] ViewBox InitialView() const {
    constexpr double kNearest = 70;
    constexpr double kRoom = 1.35;
    constexpr double kAspect = 2.35;
    constexpr double kMargin = 8;  // beyond the antimeridian, for a pin that stands on it
    double west = 180;
    double east = -180;
    double top = world_.y + world_.height;
    double bottom = world_.y;
    bool any = false;
    ForEachPoint([&](const LatLng& point) {
      const MapPoint at = Project(point);
      west = std::min(west, at.x);
      east = std::max(east, at.x);
      top = std::min(top, at.y);
      bottom = std::max(bottom, at.y);
      any = true;
    });
    if (!any) return world_;
    const double width =
        std::max({(east - west) * kRoom, (bottom - top) * kRoom * kAspect, kNearest});
    const double height = width / kAspect;
    if (width >= world_.width) return world_;
    const double x = std::clamp((west + east - width) / 2, world_.x - kMargin,
                                world_.x + world_.width - width + kMargin);
    const double y = std::clamp((top + bottom - height) / 2, world_.y,
                                std::max(world_.y, world_.y + world_.height - height));
    return {x, y, width, height};
  }

  void Path(std::string_view css_class, const std::string& data) {
    if (!data.empty()) {
      out_ += "<path class=\"" + std::string(css_class) + "\" d=\"" + data + "\"/>\n";
    }
  }

  void Background() {
    std::string grid;
    for (int longitude = -150; longitude <= 150; longitude += 30) {
      const LatLng line[] = {{89, double(longitude)}, {kFarSouthDeg, double(longitude)}};
      grid += PathData(line, false);
    }
    for (int latitude = -60; latitude <= 60; latitude += 30) {
      const LatLng line[] = {{double(latitude), -180}, {double(latitude), 180}};
      grid += PathData(line, false);
    }
    Path("grid", grid);
    std::string land;
    for (const std::vector<LatLng>& ring : lines_.land) land += PathData(ring, true);
    Path("land", land);
    std::string borders;
    for (const std::vector<LatLng>& line : lines_.borders) borders += PathData(line, false);
    Path("borders", borders);
  }

  // `shape` is drawn in pixels around the point, whatever the zoom; before the script runs, as if
  // the map were kUsualPixels wide.
  void Fixed(const LatLng& point, const std::string& title, const std::string& shape) {
    constexpr double kUsualPixels = 1000;
    const MapPoint at = Project(point);
    out_ += "<g transform=\"translate(" + Number(at.x) + " " + Number(at.y) +
            ")\"><g class=\"fixed\" transform=\"scale(" +
            FormatFixed(view_.width / kUsualPixels, 4) + ")\"><title>" + EscapeMarkup(title) +
            "</title>" + shape + "</g></g>\n";
  }

  void SinglePhotoMarks(const LocateResult& result) {
    if (result.answer) {
      Disc("disc outer", result.answer->point, result.answer->radius_p90_km);
      Disc("disc", result.answer->point, result.answer->radius_p50_km);
    }
    for (size_t i = result.alternatives.size(); i > 0; --i) {
      const LocateAlternative& alternative = result.alternatives[i - 1];
      Fixed(alternative.point,
            PlaceText(alternative.place, alternative.point) + ", " + PercentText(alternative.share),
            "<circle class=\"spot\" r=\"9\"/><text y=\"4\">" + std::to_string(i) + "</text>");
    }
  }

  void Disc(std::string_view css_class, const LatLng& center, double radius_km) {
    std::string data;
    for (const PlaneRing& ring : RadiusPolygon(center, radius_km)) data += PathData(ring, true);
    Path(css_class, data);
  }

  void Pin(const LocateResult& result, size_t index) {
    if (result.metadata_gps) {
      Fixed(*result.metadata_gps, "GPS in the file: " + PlainLine(result.file),
            "<path class=\"pin meta\" d=\"M0 -8L8 0L0 8L-8 0Z\"/>");
    }
    if (!result.answer) return;
    out_ += "<a href=\"#photo-" + std::to_string(index + 1) + "\">";
    const bool unsure = result.status == LocateStatus::kAbstained;
    Fixed(result.answer->point,
          PlainLine(result.file) + ": " + PlaceText(result.answer->place, result.answer->point),
          "<path class=\"" + std::string(unsure ? "pin unsure" : "pin") +
              "\" d=\"M0 0C-3 -8 -9 -11 -9 -19A9 9 0 1 1 9 -19C9 -11 3 -8 0 0Z"
              "M0 -22.5A3.5 3.5 0 1 0 0 -15.5A3.5 3.5 0 1 0 0 -22.5Z\"/>");
    out_ += "</a>\n";
  }

  std::span<const LocateResult> results_;
  const WorldLines& lines_;
  ViewBox world_;
  ViewBox view_;
  std::string out_;
};

}  // namespace

std::string WorldMapSvg(std::span<const LocateResult> results, const WorldLines& lines) {
  return SvgMap(results, lines).Render();
}

}  // namespace gre
