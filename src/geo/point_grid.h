#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "geo/lat_lng.h"
#include "geo/sphere.h"

namespace gre {

// Answers whether one of many points lies near another. Points are hashed by cubes in space whose
// edge is the radius, so that a query looks at 27 cubes. Reading is thread-safe, adding is not.
class PointGrid {
 public:
  // `radius_km` > 0; below 0.001 counts as that.
  explicit PointGrid(double radius_km);

  void Add(const LatLng& point);
  // Whether a point lies within the radius of `point`, geodesic, its bound included.
  [[nodiscard]] bool HasNear(const LatLng& point) const;
  [[nodiscard]] size_t size() const { return points_.size(); }

 private:
  struct Cube {
    int64_t x, y, z;
  };
  [[nodiscard]] Cube CubeOf(const LatLng& point) const;
  static uint64_t KeyOf(const Cube& cube);
  // `unit`: the point's. Only where the sphere cannot tell is the geodesic computed.
  [[nodiscard]] bool IsNear(const LatLng& point, const Vector3& unit, uint32_t other) const;

  double radius_km_;
  double cubes_a_radius_;  // cubes a length of the unit sphere's radius
  std::vector<LatLng> points_;
  std::vector<Vector3> units_;
  std::unordered_multimap<uint64_t, uint32_t> cubes_;
};

}  // namespace gre
