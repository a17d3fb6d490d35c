#include "core/strings.h"
#include "localizer/locate_json.h"
#include "report/map_files.h"
#include "report/radius_polygon.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

// KML colours are aabbggrr.
constexpr std::string_view kHeader = R"(<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2">
<Document>
<name>Photo locations (estimated)</name>
<Style id="answer">
<IconStyle><color>ff0c41c2</color></IconStyle>
</Style>
<Style id="alternative">
<IconStyle><color>ff8b7464</color><scale>0.7</scale></IconStyle>
</Style>
<Style id="metadata">
<IconStyle><color>ff6e760f</color></IconStyle>
</Style>
<Style id="radius">
<LineStyle><color>ff0c41c2</color><width>1</width></LineStyle>
<PolyStyle><color>260c41c2</color></PolyStyle>
</Style>
)";

class KmlWriter {
 public:
  explicit KmlWriter(size_t size_hint) { out_.reserve(size_hint); }

  std::string Document(std::span<const LocateResult> results) && {
    out_ += kHeader;
    for (const LocateResult& result : results) Photo(result);
    out_ += "</Document>\n</kml>\n";
    return std::move(out_);
  }

 private:
  void Element(std::string_view name, std::string_view text) {
    out_ += "<" + std::string(name) + ">" + EscapeMarkup(text) + "</" + std::string(name) + ">\n";
  }

  void Data(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out_ += "<Data name=\"" + std::string(name) + "\"><value>" + EscapeMarkup(value) +
            "</value></Data>\n";
  }

  void Coordinates(const LatLng& point) {
    constexpr int kDecimals = 6;
    out_ += FormatFixed(point.longitude_deg, kDecimals) + "," +
            FormatFixed(point.latitude_deg, kDecimals);
  }

  void Point(const LatLng& point) {
    out_ += "<Point><coordinates>";
    Coordinates(point);
    out_ += "</coordinates></Point>\n";
  }

  void Disc(const std::vector<PlaneRing>& rings) {
    out_ += "<MultiGeometry>\n";
    for (const PlaneRing& ring : rings) {
      out_ += "<Polygon><tessellate>1</tessellate><outerBoundaryIs><LinearRing><coordinates>";
      for (const LatLng& point : ring) {
        if (out_.back() != '>') out_ += ' ';
        Coordinates(point);
      }
      out_ += "</coordinates></LinearRing></outerBoundaryIs></Polygon>\n";
    }
    out_ += "</MultiGeometry>\n";
  }

  void BeginPlacemark(std::string_view name, std::string_view description, std::string_view style) {
    out_ += "<Placemark>\n";
    Element("name", name);
    if (!description.empty()) Element("description", description);
    Element("styleUrl", style);
  }
  void EndPlacemark() { out_ += "</Placemark>\n"; }

  void Answer(const LocateResult& result) {
    const LocateAnswer& answer = *result.answer;
    std::string description = StatusText(result);
    if (!description.empty()) description += "\n\n";
    description += CoordinatesText(answer.point) + "\nwithin " +
                   DistanceText(answer.radius_p50_km) + " (50 %), " +
                   DistanceText(answer.radius_p90_km) + " (90 %)\n" + ConfidenceText(answer) +
                   "\n\n" + RenderChain(result.chain);
    BeginPlacemark(PlaceText(answer.place, answer.point), description, "#answer");
    out_ += "<ExtendedData>\n";
    Data("file", result.file);
    Data("status", LocateStatusName(result.status));
    Data("estimated", "true");
    Data("confidence", FormatShortest(answer.confidence));
    Data("radius_p50_km", FormatShortest(answer.radius_p50_km));
    Data("radius_p90_km", FormatShortest(answer.radius_p90_km));
    Data("country_code", answer.place.country_code);
    Data("model", result.model);
    out_ += "</ExtendedData>\n";
    Point(answer.point);
    EndPlacemark();

    const std::vector<PlaneRing> rings = RadiusPolygon(answer.point, answer.radius_p90_km);
    if (rings.empty()) return;
    BeginPlacemark("90 % radius", "", "#radius");
    Disc(rings);
    EndPlacemark();
  }

  void Photo(const LocateResult& result) {
    out_ += "<Folder>\n";
    Element("name", result.file);
    if (const std::string status = StatusText(result); !status.empty()) {
      Element("description", status);
    }
    if (result.answer) Answer(result);
    for (const LocateAlternative& alternative : result.alternatives) {
      BeginPlacemark(PlaceText(alternative.place, alternative.point),
                     PercentText(alternative.share) + " of the samples", "#alternative");
      Point(alternative.point);
      EndPlacemark();
    }
    if (result.metadata_gps) {
      BeginPlacemark("GPS in the file", "From the photo's metadata, not estimated", "#metadata");
      Point(*result.metadata_gps);
      EndPlacemark();
    }
    out_ += "</Folder>\n";
  }

  std::string out_;
};

}  // namespace

std::string FormatKml(std::span<const LocateResult> results) {
  constexpr size_t kUsualPhotoBytes = 4096;
  return KmlWriter(results.size() * kUsualPhotoBytes).Document(results);
}

}  // namespace gre
