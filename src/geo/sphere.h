#pragma once

#include <optional>
#include <span>

#include "geo/lat_lng.h"

namespace gre {

// Averages and boxes of points on the sphere. Pure, thread-safe.

// A vector in space; of length one where it stands for a point on the sphere (x towards 0 N 0 E,
// y towards 0 N 90 E, z towards the north pole).
struct Vector3 {
  double x = 0;
  double y = 0;
  double z = 0;

  Vector3& operator+=(const Vector3& other);
  [[nodiscard]] Vector3 Scaled(double factor) const { return {x * factor, y * factor, z * factor}; }
  [[nodiscard]] double Dot(const Vector3& o) const { return x * o.x + y * o.y + z * o.z; }
  [[nodiscard]] double Norm() const;
};

Vector3 ToUnitVector(const LatLng& point);
// Any non-zero vector; its length does not matter.
LatLng FromVector(const Vector3& vector);

// Normalised mean of the unit vectors. nullopt for no points, or when the points cancel out (their
// mean is shorter than 1e-9), as two antipodes do. `weights` is empty (all equal) or as long as
// `points`, non-negative.
std::optional<LatLng> SphericalMean(std::span<const LatLng> points,
                                    std::span<const double> weights = {});

// The point with the least weighted sum of chord distances to `points`, found by Weiszfeld's
// iteration in space with the correction of Vardi and Zhang (2000) for data points, projected on
// the sphere in each step. Among scattered clusters it stays within the majority, where a mean
// would not. nullopt for no points or no positive weight.
std::optional<LatLng> GeometricMedian(std::span<const LatLng> points,
                                      std::span<const double> weights = {});

// A latitude-longitude rectangle. It crosses the antimeridian when west_deg > east_deg (as in
// RFC 7946, section 5.2).
struct GeoBox {
  double south_deg = -90;
  double west_deg = -180;
  double north_deg = 90;
  double east_deg = 180;

  [[nodiscard]] bool CrossesAntimeridian() const { return west_deg > east_deg; }
  // Edges belong to the box.
  [[nodiscard]] bool Contains(const LatLng& point) const;

  friend bool operator==(const GeoBox&, const GeoBox&) = default;
};

}  // namespace gre
