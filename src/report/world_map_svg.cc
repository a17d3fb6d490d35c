#include "report/world_map_svg.h"

#include <utility>

#include "core/strings.h"
#include "report/charts/svg_writer.h"
#include "report/map_drawing.h"
#include "report/radius_polygon.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

std::string BoxText(const MapBox& box) {
  constexpr int kDecimals = 2;
  return FormatFixed(box.x, kDecimals) + " " + FormatFixed(box.y, kDecimals) + " " +
         FormatFixed(box.width, kDecimals) + " " + FormatFixed(box.height, kDecimals);
}

// The map's shape on a wide page, and how near it starts: the outline is too coarse for more.
constexpr double kAspect = 2.35;
constexpr double kNearest = 70;  // degrees

class SvgMap {
 public:
  SvgMap(std::span<const LocateResult> results, const WorldLines& lines)
      : results_(results), lines_(lines) {
    std::vector<LatLng> points;
    ForEachPoint([&](const LatLng& point) { points.push_back(point); });
    world_ = WorldBox(points);
    view_ = BoxAround(points, world_, kAspect, kNearest);
  }

  std::string Render() && {
    out_ = "<svg viewBox=\"" + BoxText(view_) + "\" data-world=\"" + BoxText(world_) +
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

  void Path(std::string_view css_class, const std::string& data) {
    if (!data.empty()) {
      out_ += "<path class=\"" + std::string(css_class) + "\" d=\"" + data + "\"/>\n";
    }
  }

  void Background() {
    const MapBackground background = DrawBackground(lines_, world_);
    Path("grid", background.grid);
    Path("land", background.land);
    Path("borders", background.borders);
  }

  // `shape` is drawn in pixels around the point, whatever the zoom; before the script runs, as if
  // the map were kUsualPixels wide.
  void Fixed(const LatLng& point, const std::string& title, const std::string& shape) {
    constexpr double kUsualPixels = 1000;
    const MapPoint at = ProjectMiller(point);
    out_ += "<g transform=\"translate(" + SvgNumber(at.x) + " " + SvgNumber(at.y) +
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
    for (const PlaneRing& ring : RadiusPolygon(center, radius_km)) data += MapPath(ring, true);
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
  MapBox world_;
  MapBox view_;
  std::string out_;
};

}  // namespace

std::string WorldMapSvg(std::span<const LocateResult> results, const WorldLines& lines) {
  return SvgMap(results, lines).Render();
}

}  // namespace gre
