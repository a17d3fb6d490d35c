#pragma once

#include <optional>

namespace gre {

// A point on WGS-84, in degrees. Valid when |latitude| <= 90 and |longitude| <= 180; constructed
// only through FromDegrees() where the numbers come from outside.
struct LatLng {
  double latitude_deg = 0;
  double longitude_deg = 0;

  // nullopt when a value is not finite or out of range.
  static std::optional<LatLng> FromDegrees(double latitude_deg, double longitude_deg);

  friend bool operator==(const LatLng&, const LatLng&) = default;
};

}  // namespace gre
