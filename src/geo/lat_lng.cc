#include "geo/lat_lng.h"

#include <cmath>

namespace gre {

std::optional<LatLng> LatLng::FromDegrees(double latitude_deg, double longitude_deg) {
  if (!(std::abs(latitude_deg) <= 90.0) || !(std::abs(longitude_deg) <= 180.0)) return std::nullopt;
  return LatLng{latitude_deg, longitude_deg};
}

}  // namespace gre
