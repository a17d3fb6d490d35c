#include <cmath>

#include <nlohmann/json.hpp>

#include "localizer/locate_json.h"
#include "report/map_files.h"
#include "report/radius_polygon.h"
#include "report/wording.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* kAnswerColor = "#c2410c";
constexpr const char* kAlternativeColor = "#64748b";
constexpr const char* kMetadataColor = "#0f766e";

double SixDecimals(double value) { return std::round(value * 1e6) / 1e6; }

OrderedJson Position(const LatLng& point) {
  return {SixDecimals(point.longitude_deg), SixDecimals(point.latitude_deg)};
}

OrderedJson PointGeometry(const LatLng& point) {
  return {{"type", "Point"}, {"coordinates", Position(point)}};
}

OrderedJson DiscGeometry(const std::vector<PlaneRing>& rings) {
  OrderedJson polygons = OrderedJson::array();
  for (const PlaneRing& ring : rings) {
    OrderedJson positions = OrderedJson::array();
    for (const LatLng& point : ring) positions.push_back(Position(point));
    polygons.push_back(OrderedJson::array({std::move(positions)}));
  }
  if (polygons.size() == 1) return {{"type", "Polygon"}, {"coordinates", std::move(polygons[0])}};
  return {{"type", "MultiPolygon"}, {"coordinates", std::move(polygons)}};
}

OrderedJson Feature(OrderedJson geometry, OrderedJson properties) {
  return {{"type", "Feature"},
          {"geometry", std::move(geometry)},
          {"properties", std::move(properties)}};
}

OrderedJson PhotoFeature(const LocateResult& result) {
  OrderedJson properties = {{"kind", "photo"},
                            {"file", result.file},
                            {"status", LocateStatusName(result.status)},
                            {"estimated", true}};
  if (const std::string status = StatusText(result); !status.empty()) {
    properties["status_text"] = status;
  }
  if (result.answer) {
    const LocateAnswer& answer = *result.answer;
    properties["name"] = PlaceText(answer.place, answer.point);
    properties["country_code"] = answer.place.country_code;
    properties["confidence"] = answer.confidence;
    properties["radius_p50_km"] = answer.radius_p50_km;
    properties["radius_p90_km"] = answer.radius_p90_km;
  }
  properties["reasoning"] = RenderChain(result.chain);
  properties["model"] = result.model;
  properties["marker-color"] = kAnswerColor;
  return Feature(result.answer ? PointGeometry(result.answer->point) : OrderedJson(nullptr),
                 std::move(properties));
}

void AddDisc(OrderedJson& features, const LocateResult& result, const char* kind, double radius_km,
             double opacity) {
  const std::vector<PlaneRing> rings = RadiusPolygon(result.answer->point, radius_km);
  if (rings.empty()) return;
  features.push_back(Feature(DiscGeometry(rings), {{"kind", kind},
                                                   {"file", result.file},
                                                   {"radius_km", radius_km},
                                                   {"estimated", true},
                                                   {"stroke", kAnswerColor},
                                                   {"stroke-width", 1},
                                                   {"fill", kAnswerColor},
                                                   {"fill-opacity", opacity}}));
}

}  // namespace

std::string FormatGeoJson(std::span<const LocateResult> results) {
  OrderedJson features = OrderedJson::array();
  for (const LocateResult& result : results) {
    features.push_back(PhotoFeature(result));
    if (result.answer) {
      AddDisc(features, result, "radius_90", result.answer->radius_p90_km, 0.08);
      AddDisc(features, result, "radius_50", result.answer->radius_p50_km, 0.16);
    }
    for (const LocateAlternative& alternative : result.alternatives) {
      features.push_back(Feature(PointGeometry(alternative.point),
                                 {{"kind", "alternative"},
                                  {"file", result.file},
                                  {"name", PlaceText(alternative.place, alternative.point)},
                                  {"share", alternative.share},
                                  {"estimated", true},
                                  {"marker-color", kAlternativeColor},
                                  {"marker-size", "small"}}));
    }
    if (result.metadata_gps) {
      features.push_back(
          Feature(PointGeometry(*result.metadata_gps), {{"kind", "metadata_gps"},
                                                        {"file", result.file},
                                                        {"estimated", false},
                                                        {"marker-color", kMetadataColor}}));
    }
  }
  const OrderedJson collection = {{"type", "FeatureCollection"}, {"features", std::move(features)}};
  return collection.dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace gre
