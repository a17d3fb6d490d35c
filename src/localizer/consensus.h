#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// What several sampled points say together. Pure geometry on the sphere, thread-safe; nothing here
// depends on where the pole or the antimeridian is.

// Samples that mean the same place.
struct PointCluster {
  std::vector<size_t> members;  // indices into the points, ascending
  size_t center = 0;            // the member of highest expected GeoScore over the members
};

// Average-linkage clustering: merges the two clusters whose members lie nearest on average until
// that average exceeds half the median distance of all pairs, kept within [25, 750] km. Sorted by
// falling size, then by first member. O(n^3).
std::vector<PointCluster> ClusterPoints(std::span<const LatLng> points);

// Index of the point with the highest mean GeoScore over all points; the first of equals. So the
// answer is always a place that somebody proposed. Requires at least one point.
size_t BestPoint(std::span<const LatLng> points);

// Mean geodesic distance of all pairs; nullopt for fewer than two points.
std::optional<double> Dispersion(std::span<const LatLng> points);

// How far answers of an engine are off, as far as the samples do not tell.
struct RadiusModel {
  double typical_error_km = 200;  // median error of a single sample
  double p50_scale = 1;           // fitted on labelled photos; see FitCalibration
  double p90_scale = 1;
};

struct RadiusEstimate {
  double p50_km = 0;
  double p90_km = 0;
};

// Radii around `answer` that hold the truth with 50 % and 90 %: quantiles of the mixture
//   F(r) = (2 r/(r + s) + sum_j r^2/(r^2 + d_j^2)) / (2 + n),
// where s is the typical error (a log-logistic prior worth two samples: median s, 90 % at 9 s) and
// d_j are the distances from the answer to the `others`, the n samples beside the answered one, at
// least the 10 km to which models write points.
// Without others only the prior remains. Scaled by the model.
RadiusEstimate EstimateRadius(const LatLng& answer, std::span<const LatLng> others,
                              const RadiusModel& model);

// Times the model's scales, limited to half the Earth's circumference, p50 <= p90.
RadiusEstimate ScaleRadius(const RadiusEstimate& raw, const RadiusModel& model);

}  // namespace gre
