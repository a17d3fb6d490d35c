#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "geo/geodesic.h"

namespace gre {

// Distance conventions and scores of the field. Pure, thread-safe. Where published evaluations
// differ (formula, radius, boundary, what an unparsed answer counts), the caller chooses and
// reports print the choice.

// How far apart two points are said to be.
struct DistanceConvention {
  enum class Model { kGeodesic, kHaversine };
  Model model = Model::kGeodesic;
  double radius_km = kMeanEarthRadiusKm;  // haversine only

  [[nodiscard]] double DistanceKm(const LatLng& a, const LatLng& b) const;
  // "geodesic", "haversine:6371": what Parse reads.
  [[nodiscard]] std::string Name() const;

  // "geodesic", "haversine" (R = 6371) or "haversine:RADIUS_KM".
  static Result<DistanceConvention> Parse(std::string_view text);
};

// Whether a distance equal to the threshold is a hit: <= (GeoCLIP, Navig) or < (OSV-5M, PLONK,
// PIGEON).
enum class Boundary { kInclusive, kStrict };

// The scale of GeoScore for a map of the whole world: the game's score falls to 1/e at this
// distance (Haas et al., "PIGEON", CVPR 2024).
inline constexpr double kGeoScoreScaleKm = 1492.7;
inline constexpr double kMaxGeoScore = 5000;

// 5000 exp(-distance / scale); by convention of a haversine distance with R = 6371, unrounded.
double GeoScore(double distance_km, double scale_km = kGeoScoreScaleKm);
double GeoScore(const LatLng& answer, const LatLng& truth);

double Mean(std::span<const double> values);  // of no values: NaN
// The middle value, or the mean of the two middle ones; of no values: NaN.
double Median(std::span<const double> values);
// Quantile with linear interpolation between order statistics (Hyndman and Fan 1996, type 7, the
// default of NumPy and R). `sorted` ascending, not empty; `probability` in [0, 1].
double QuantileOfSorted(std::span<const double> sorted, double probability);

}  // namespace gre
