#include "metrics/accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::string_view kGeodesicName = "geodesic";
constexpr std::string_view kHaversineName = "haversine";

}  // namespace

double DistanceConvention::DistanceKm(const LatLng& a, const LatLng& b) const {
  return model == Model::kGeodesic ? GeodesicDistanceKm(a, b)
                                   : HaversineDistanceKm(a, b, radius_km);
}

std::string DistanceConvention::Name() const {
  if (model == Model::kGeodesic) return std::string(kGeodesicName);
  return std::string(kHaversineName) + ":" + FormatShortest(radius_km);
}

Result<DistanceConvention> DistanceConvention::Parse(std::string_view text) {
  if (text == kGeodesicName) return DistanceConvention{};
  DistanceConvention haversine{.model = Model::kHaversine};
  if (text == kHaversineName) return haversine;
  if (text.starts_with(std::string(kHaversineName) + ":")) {
    const auto radius_km = ParseDouble(text.substr(kHaversineName.size() + 1));
    if (radius_km && *radius_km > 0) {
      haversine.radius_km = *radius_km;
      return haversine;
    }
  }
  return Error{
      ErrorCode::kInvalidArgument,
      "distance '" + std::string(text) + "' is none of: geodesic, haversine, haversine:RADIUS_KM"};
}

double GeoScore(double distance_km, double scale_km) {
  return kMaxGeoScore * std::exp(-distance_km / scale_km);
}

double GeoScore(const LatLng& answer, const LatLng& truth) {
  return GeoScore(HaversineDistanceKm(answer, truth));
}

double Mean(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Median(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return QuantileOfSorted(sorted, 0.5);
}

double QuantileOfSorted(std::span<const double> sorted, double probability) {
  GRE_CHECK(!sorted.empty() && probability >= 0 && probability <= 1);
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[above] - sorted[below]);
}

}  // namespace gre
