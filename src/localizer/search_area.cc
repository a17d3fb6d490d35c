#include "localizer/search_area.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "core/suggest.h"
#include "knowledge/country_facts.h"
#include "knowledge/place_namer.h"

namespace gre {
namespace {

constexpr size_t kMaxGeoJsonBytes = 64u << 20;
constexpr int kMaxGeometryDepth = 16;

Error BadGeoJson(std::string_view what) {
  return {ErrorCode::kInvalidArgument, "search area: " + std::string(what)};
}

std::string DegreesText(double degrees, std::string_view positive, std::string_view negative) {
  return FormatShortest(std::abs(degrees)) + "° " + std::string(degrees < 0 ? negative : positive);
}

// nullopt when `text` is no list of four numbers.
std::optional<Result<GeoBox>> ParseBox(std::string_view text) {
  double numbers[4];
  const std::vector<std::string_view> parts = Split(text, ',');
  if (parts.size() != 4) {
    return std::nullopt;
  }
  for (size_t i = 0; i < 4; ++i) {
    const auto number = ParseDouble(Trim(parts[i]));
    if (!number) {
      return std::nullopt;
    }
    numbers[i] = *number;
  }
  const auto [west, south, east, north] = numbers;
  const auto low = LatLng::FromDegrees(south, west);
  const auto high = LatLng::FromDegrees(north, east);
  if (!low || !high || south >= north || west == east) {
    const std::string why = std::max(std::abs(south), std::abs(north)) > 90
                                ? "found a latitude beyond -90..90"
                            : !low || !high  ? "found a longitude beyond -180..180"
                            : south > north  ? "found a south above the north"
                            : south == north ? "south and north are equal, the box is empty"
                                             : "west and east are equal, the box is empty";
    return Error{ErrorCode::kInvalidArgument, "search area '" + std::string(text) +
                                                  "': expected west,south,east,north in degrees, " +
                                                  why};
  }
  return GeoBox{low->latitude_deg, low->longitude_deg, high->latitude_deg, high->longitude_deg};
}

// Even-odd rule in longitude and latitude.
bool RingContains(const std::vector<LatLng>& ring, double longitude_deg, double latitude_deg) {
  bool inside = false;
  const LatLng* a = &ring.back();
  for (const LatLng& b : ring) {
    if ((a->latitude_deg > latitude_deg) != (b.latitude_deg > latitude_deg)) {
      const double t = (latitude_deg - a->latitude_deg) / (b.latitude_deg - a->latitude_deg);
      inside ^= longitude_deg < a->longitude_deg + t * (b.longitude_deg - a->longitude_deg);
    }
    a = &b;
  }
  return inside;
}

}  // namespace

namespace {

// In square degrees, whichever way round.
double RingArea(const std::vector<LatLng>& ring) {
  double twice = 0;
  const LatLng* a = &ring.back();
  for (const LatLng& b : ring) {
    twice += a->longitude_deg * b.latitude_deg - b.longitude_deg * a->latitude_deg;
    a = &b;
  }
  return std::abs(twice) / 2;
}

// Whether somebody means a file by `text`.
bool LooksLikePath(std::string_view text) {
  const std::string lower = AsciiLower(text);
  return text.find('/') != std::string_view::npos || lower.ends_with("json");
}

}  // namespace

// Collects the polygons of any GeoJSON object (RFC 7946).
class GeoJsonReader {
 public:
  Status Read(const Json& object, int depth = 0) {
    if (!object.is_object() || depth > kMaxGeometryDepth) {
      return BadGeoJson("expected a GeoJSON object");
    }
    const std::string type = object.value("type", Json()).is_string()
                                 ? object.at("type").get<std::string>()
                                 : std::string();
    const Json& coordinates = Member(object, "coordinates");
    if (type == "Feature") {
      const Json& geometry = Member(object, "geometry");
      return geometry.is_null() ? Status() : Read(geometry, depth + 1);
    }
    if (type == "FeatureCollection" || type == "GeometryCollection") {
      for (const Json& part :
           Member(object, type == "FeatureCollection" ? "features" : "geometries")) {
        GRE_RETURN_IF_ERROR(Read(part, depth + 1));
      }
      return {};
    }
    if (type == "Polygon") {
      return AddPolygon(coordinates);
    }
    if (type == "MultiPolygon") {
      for (const Json& polygon : coordinates) {
        GRE_RETURN_IF_ERROR(AddPolygon(polygon));
      }
      return {};
    }
    return BadGeoJson("expected polygons, found type '" + type + "'");
  }

  Result<SearchArea> Finish() && {
    if (area_.polygons_.empty()) {
      return BadGeoJson("the GeoJSON holds no polygon");
    }
    constexpr double kNoArea = 1e-12;  // square degrees: a hundredth of a square metre
    if (largest_ < kNoArea) return BadGeoJson("the polygons enclose no area");
    area_.description_ = "the given area";
    return std::move(area_);
  }

 private:
  static const Json& Member(const Json& object, const char* name) {
    static const Json missing;
    const auto at = object.find(name);
    return at == object.end() ? missing : *at;
  }

  Status AddPolygon(const Json& rings) {
    SearchArea::Polygon polygon;
    for (const Json& ring : rings) {
      GRE_RETURN_IF_ERROR(AddRing(ring, polygon));
    }
    if (polygon.empty()) {
      return BadGeoJson("a polygon has no ring");
    }
    largest_ = std::max(largest_, RingArea(polygon.front()));
    area_.polygons_.push_back(std::move(polygon));
    return {};
  }

  static Status AddRing(const Json& positions, SearchArea::Polygon& polygon) {
    SearchArea::Ring ring;
    for (const Json& position : positions) {
      if (!position.is_array() || position.size() < 2 || !position[0].is_number() ||
          !position[1].is_number()) {
        return BadGeoJson("a position is no pair of numbers");
      }
      auto point = LatLng::FromDegrees(position[1].get<double>(), position[0].get<double>());
      if (!point) {
        return BadGeoJson("a position lies outside longitude -180..180, latitude -90..90");
      }
      if (!ring.empty()) {
        const double before = ring.back().longitude_deg;
        point->longitude_deg = before + std::remainder(point->longitude_deg - before, 360);
      }
      ring.push_back(*point);
    }
    if (ring.size() < 4) {
      return BadGeoJson("a ring has fewer than four positions");
    }
    polygon.push_back(std::move(ring));
    return {};
  }

  SearchArea area_;
  double largest_ = 0;  // area of the outlines
};

Result<SearchArea> SearchArea::FromGeoJson(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json, {.max_bytes = kMaxGeoJsonBytes}));
  GeoJsonReader reader;
  GRE_RETURN_IF_ERROR(reader.Read(root));
  return std::move(reader).Finish();
}

Result<SearchArea> SearchArea::Parse(const std::string& text) {
  SearchArea area;
  if (const Country* country = FindCountryByName(text)) {
    area.country_code_ = country->code;
    area.description_ = country->name;
    return area;
  }
  if (auto box = ParseBox(text)) {
    GRE_ASSIGN_OR_RETURN(area.box_, std::move(*box));
    area.description_ = "the box between " + DegreesText(area.box_->south_deg, "north", "south") +
                        " and " + DegreesText(area.box_->north_deg, "north", "south") + ", from " +
                        DegreesText(area.box_->west_deg, "east", "west") + " to " +
                        DegreesText(area.box_->east_deg, "east", "west");
    return area;
  }
  std::error_code error;
  if (std::filesystem::exists(text, error)) {
    auto content = ReadFile(text, kMaxGeoJsonBytes);
    if (!content.ok()) {
      return std::move(content).error();
    }
    auto read = FromGeoJson(*content);
    if (!read.ok()) {
      return std::move(read).error().Wrap(text);
    }
    read->description_ = "the area of " + std::filesystem::path(text).stem().string();
    return read;
  }
  if (LooksLikePath(text)) {
    return Error{ErrorCode::kInvalidArgument, "search area '" + text + "': there is no such file"};
  }
  std::vector<std::string> names;
  for (const Country& country : AllCountries()) {
    names.push_back(country.name);
  }
  return Error{ErrorCode::kInvalidArgument,
               "search area '" + text + "'" + Suggestion(text, names) +
                   ": expected a country's name or code, west,south,east,north in degrees, or a "
                   "GeoJSON file"};
}

bool SearchArea::Contains(const LatLng& point) const {
  if (!country_code_.empty()) {
    const auto land = LandAreaAt(point);
    const bool claimed = land && land->dispute &&
                         std::ranges::count(land->dispute->other_claimants, country_code_) > 0;
    return claimed || CountryCodeAt(point) == country_code_;
  }
  if (box_) {
    return box_->Contains(point);
  }
  return std::ranges::any_of(polygons_, [&](const Polygon& polygon) {
    // Longitudes of a ring may run beyond 180 degrees on either side.
    return std::ranges::any_of(std::initializer_list<double>{-360, 0, 360}, [&](double turn) {
      bool inside = false;
      for (const Ring& ring : polygon) {
        inside ^= RingContains(ring, point.longitude_deg + turn, point.latitude_deg);
      }
      return inside;
    });
  });
}

}  // namespace gre
