#include "report/map_drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/strings.h"
#include "geo/sphere.h"
#include "report/charts/svg_writer.h"

namespace gre {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

// The unit vector at right angles to `from`, on the way to `to`.
Vector3 Heading(const Vector3& from, const Vector3& to) {
  for (const Vector3& target : {to, Vector3{0, 0, 1}, Vector3{1, 0, 0}}) {
    Vector3 heading = target;
    heading += from.Scaled(-target.Dot(from));
    const double length = heading.Norm();
    if (length > 1e-9) return heading.Scaled(1 / length);
  }
  return {0, 1, 0};  // not reached: one of the axes is not parallel to `from`
}

// Where the short way from a to b crosses the antimeridian: the chord meets its plane, y = 0.
double CrossingLatitude(const LatLng& a, const LatLng& b) {
  const Vector3 from = ToUnitVector(a);
  const Vector3 to = ToUnitVector(b);
  if (from.y == to.y) return a.latitude_deg;
  const double t = std::clamp(from.y / (from.y - to.y), 0.0, 1.0);
  Vector3 at = from.Scaled(1 - t);
  at += to.Scaled(t);
  return FromVector(at).latitude_deg;
}

// Whether the line's own box meets the window.
bool Meets(std::span<const LatLng> line, const MapBox& box) {
  MapPoint low = {1e9, 1e9};
  MapPoint high = {-1e9, -1e9};
  for (const LatLng& point : line) {
    const MapPoint at = ProjectMiller(point);
    low = {std::min(low.x, at.x), std::min(low.y, at.y)};
    high = {std::max(high.x, at.x), std::max(high.y, at.y)};
  }
  return low.x <= box.x + box.width && high.x >= box.x && low.y <= box.y + box.height &&
         high.y >= box.y;
}

}  // namespace

MapPoint ProjectMiller(const LatLng& point) {
  const double latitude = std::clamp(point.latitude_deg, kMapFarSouthDeg, 89.0);
  const double y = 1.25 * std::log(std::tan(std::numbers::pi / 4 + 0.4 * latitude * kDegree));
  return {point.longitude_deg, -y / kDegree};
}

MapBox WorldBox(std::span<const LatLng> points) {
  const bool far_south = std::any_of(points.begin(), points.end(), [](const LatLng& point) {
    return point.latitude_deg < kMapSouthDeg;
  });
  const double top = ProjectMiller({kMapNorthDeg, 0}).y;
  const double bottom = ProjectMiller({far_south ? kMapFarSouthDeg : kMapSouthDeg, 0}).y;
  return {-180, top, 360, bottom - top};
}

MapBox BoxAround(std::span<const LatLng> points, const MapBox& world, double aspect,
                 double least_width) {
  constexpr double kRoom = 1.35;
  constexpr double kMargin = 8;  // beyond the antimeridian, for a mark that stands on it
  if (points.empty()) return world;
  double west = 180;
  double east = -180;
  double top = world.y + world.height;
  double bottom = world.y;
  for (const LatLng& point : points) {
    const MapPoint at = ProjectMiller(point);
    west = std::min(west, at.x);
    east = std::max(east, at.x);
    top = std::min(top, at.y);
    bottom = std::max(bottom, at.y);
  }
  const double width =
      std::max({(east - west) * kRoom, (bottom - top) * kRoom * aspect, least_width});
  const double height = width / aspect;
  if (width >= world.width) return world;
  const double x = std::clamp((west + east - width) / 2, world.x - kMargin,
                              world.x + world.width - width + kMargin);
  const double y = std::clamp((top + bottom - height) / 2, world.y,
                              std::max(world.y, world.y + world.height - height));
  return {x, y, width, height};
}

std::string MapPath(std::span<const LatLng> line, bool closed, double least_step) {
  std::string data;
  MapPoint last;
  for (size_t i = 0; i < line.size(); ++i) {
    const MapPoint at = ProjectMiller(line[i]);
    const bool inner = i > 0 && i + 1 < line.size();
    if (inner && std::hypot(at.x - last.x, at.y - last.y) < least_step) continue;
    data += Concat({data.empty() ? "M" : "L", SvgNumber(at.x), " ", SvgNumber(at.y)});
    last = at;
  }
  if (closed && !data.empty()) data += 'Z';
  return data;
}

MapBackground DrawBackground(const WorldLines& lines, const MapBox& box, double least_step) {
  MapBackground background;
  for (const std::vector<LatLng>& ring : lines.land) {
    if (Meets(ring, box)) background.land += MapPath(ring, true, least_step);
  }
  for (const std::vector<LatLng>& line : lines.borders) {
    if (Meets(line, box)) background.borders += MapPath(line, false, least_step);
  }
  for (int longitude = -150; longitude <= 150; longitude += 30) {
    const LatLng line[] = {{89, double(longitude)}, {kMapFarSouthDeg, double(longitude)}};
    background.grid += MapPath(line, false);
  }
  for (int latitude = -60; latitude <= 60; latitude += 30) {
    const LatLng line[] = {{double(latitude), -180}, {double(latitude), 180}};
    background.grid += MapPath(line, false);
  }
  return background;
}

std::vector<std::vector<LatLng>> GreatCircleLines(const LatLng& from, const LatLng& to) {
  const Vector3 start = ToUnitVector(from);
  const Vector3 end = ToUnitVector(to);
  const Vector3 heading = Heading(start, end);
  const double angle = std::atan2(end.Dot(heading), end.Dot(start));
  const int steps = std::max(1, static_cast<int>(std::ceil(angle / (2 * kDegree))));
  std::vector<std::vector<LatLng>> lines = {{from}};
  for (int i = 1; i <= steps; ++i) {
    const double turn = angle * i / steps;
    Vector3 at = start.Scaled(std::cos(turn));
    at += heading.Scaled(std::sin(turn));
    const LatLng next = i == steps ? to : FromVector(at);
    const LatLng last = lines.back().back();
    if (std::abs(next.longitude_deg - last.longitude_deg) > 180) {
      const double latitude = CrossingLatitude(last, next);
      lines.back().push_back({latitude, std::copysign(180.0, last.longitude_deg)});
      lines.push_back({{latitude, std::copysign(180.0, next.longitude_deg)}});
    }
    lines.back().push_back(next);
  }
  return lines;
}

}  // namespace gre
