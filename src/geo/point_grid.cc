#include "geo/point_grid.h"

#include <algorithm>
#include <cmath>

#include "geo/geodesic.h"
#include "geo/sphere.h"

namespace gre {
namespace {

// The least radius of curvature of WGS-84 (of the meridian at the equator, 6335.4 km): no two
// points are farther apart on the unit sphere, by their geodetic latitudes, than their geodesic
// distance over it.
constexpr double kLeastRadiusKm = 6335;
// The greatest one (at the poles, 6399.6 km): the other bound.
constexpr double kGreatestRadiusKm = 6400;

}  // namespace

PointGrid::PointGrid(double radius_km)
    : radius_km_(std::max(radius_km, 0.001)), cubes_a_radius_(kLeastRadiusKm / radius_km_) {}

PointGrid::Cube PointGrid::CubeOf(const LatLng& point) const {
  const Vector3 unit = ToUnitVector(point);
  const auto cell = [this](double value) {
    return static_cast<int64_t>(std::floor(value * cubes_a_radius_));
  };
  return {cell(unit.x), cell(unit.y), cell(unit.z)};
}

uint64_t PointGrid::KeyOf(const Cube& cube) {
  // 21 bits each; where more are needed, far cubes share a key, which costs time only
  const auto part = [](int64_t value) { return static_cast<uint64_t>(value) & 0x1FFFFF; };
  return part(cube.x) << 42 | part(cube.y) << 21 | part(cube.z);
}

void PointGrid::Add(const LatLng& point) {
  cubes_.emplace(KeyOf(CubeOf(point)), static_cast<uint32_t>(points_.size()));
  points_.push_back(point);
  units_.push_back(ToUnitVector(point));
}

bool PointGrid::IsNear(const LatLng& point, const Vector3& unit, uint32_t other) const {
  const Vector3& at = units_[other];
  const double chord = Vector3{unit.x - at.x, unit.y - at.y, unit.z - at.z}.Norm();
  const double angle = 2 * std::asin(std::min(1.0, chord / 2));
  if (angle * kLeastRadiusKm > radius_km_) return false;
  if (angle * kGreatestRadiusKm <= radius_km_) return true;
  return GeodesicDistanceKm(point, points_[other]) <= radius_km_;
}

bool PointGrid::HasNear(const LatLng& point) const {
  const Cube center = CubeOf(point);
  const Vector3 unit = ToUnitVector(point);
  for (int64_t x = center.x - 1; x <= center.x + 1; ++x) {
    for (int64_t y = center.y - 1; y <= center.y + 1; ++y) {
      for (int64_t z = center.z - 1; z <= center.z + 1; ++z) {
        const auto [begin, end] = cubes_.equal_range(KeyOf({x, y, z}));
        for (auto it = begin; it != end; ++it) {
          if (IsNear(point, unit, it->second)) return true;
        }
      }
    }
  }
  return false;
}

}  // namespace gre
