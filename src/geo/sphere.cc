#include "geo/sphere.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "core/check.h"

namespace gre {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180.0;
constexpr double kCancelled = 1e-9;

double WeightAt(std::span<const double> weights, size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

Vector3 WeightedSum(std::span<const Vector3> vectors, std::span<const double> weights) {
  Vector3 sum;
  for (size_t i = 0; i < vectors.size(); ++i) sum += vectors[i].Scaled(WeightAt(weights, i));
  return sum;
}

double TotalWeight(std::span<const LatLng> points, std::span<const double> weights) {
  GRE_CHECK(weights.empty() || weights.size() == points.size());
  double total = 0;
  for (size_t i = 0; i < points.size(); ++i) total += WeightAt(weights, i);
  return total;
}

double Chord(const Vector3& a, const Vector3& b) {
  return Vector3{a.x - b.x, a.y - b.y, a.z - b.z}.Norm();
}

std::vector<Vector3> ToUnitVectors(std::span<const LatLng> points) {
  std::vector<Vector3> vectors;
  vectors.reserve(points.size());
  for (const LatLng& point : points) vectors.push_back(ToUnitVector(point));
  return vectors;
}

double SumOfChords(std::span<const Vector3> vectors, std::span<const double> weights,
                   const Vector3& to) {
  double sum = 0;
  for (size_t i = 0; i < vectors.size(); ++i) sum += WeightAt(weights, i) * Chord(vectors[i], to);
  return sum;
}

// Where Weiszfeld's iteration starts: the data point of least cost. It also is the answer's upper
// bound, so the result is never worse than the best data point.
Vector3 BestDataPoint(std::span<const Vector3> vectors, std::span<const double> weights) {
  size_t best = 0;
  double least = SumOfChords(vectors, weights, vectors[0]);
  for (size_t i = 1; i < vectors.size(); ++i) {
    const double cost = SumOfChords(vectors, weights, vectors[i]);
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  return vectors[best];
}

// One step; `at` itself when it is optimal within the data point's own weight.
Vector3 WeiszfeldStep(std::span<const Vector3> vectors, std::span<const double> weights,
                      const Vector3& at) {
  constexpr double kSamePoint = 1e-12;
  Vector3 pull;    // sum of w (v - at) / |v - at|
  Vector3 target;  // sum of w v / |v - at|
  double inverse = 0;
  double weight_here = 0;
  for (size_t i = 0; i < vectors.size(); ++i) {
    const double distance = Chord(vectors[i], at);
    const double weight = WeightAt(weights, i);
    if (distance < kSamePoint) {
      weight_here += weight;
      continue;
    }
    const double scale = weight / distance;
    pull += Vector3{vectors[i].x - at.x, vectors[i].y - at.y, vectors[i].z - at.z}.Scaled(scale);
    target += vectors[i].Scaled(scale);
    inverse += scale;
  }
  // On the sphere only the tangential part of the pull can move the point.
  pull += at.Scaled(-pull.Dot(at));
  const double strength = pull.Norm();
  if (inverse <= 0 || strength <= weight_here) return at;
  const double stay = weight_here / strength;
  Vector3 next = target.Scaled((1 - stay) / inverse);
  next += at.Scaled(stay);
  const double norm = next.Norm();
  return norm > kCancelled ? next.Scaled(1 / norm) : at;
}

}  // namespace

Vector3& Vector3::operator+=(const Vector3& other) {
  x += other.x;
  y += other.y;
  z += other.z;
  return *this;
}

double Vector3::Norm() const { return std::sqrt(Dot(*this)); }

Vector3 ToUnitVector(const LatLng& point) {
  const double latitude = point.latitude_deg * kRadiansPerDegree;
  const double longitude = point.longitude_deg * kRadiansPerDegree;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

LatLng FromVector(const Vector3& vector) {
  return {std::atan2(vector.z, std::hypot(vector.x, vector.y)) / kRadiansPerDegree,
          std::atan2(vector.y, vector.x) / kRadiansPerDegree};
}

std::optional<LatLng> SphericalMean(std::span<const LatLng> points,
                                    std::span<const double> weights) {
  const double total = TotalWeight(points, weights);
  if (!(total > 0)) return std::nullopt;
  const Vector3 sum = WeightedSum(ToUnitVectors(points), weights);
  if (sum.Norm() / total < kCancelled) return std::nullopt;
  return FromVector(sum);
}

std::optional<LatLng> GeometricMedian(std::span<const LatLng> points,
                                      std::span<const double> weights) {
  if (!(TotalWeight(points, weights) > 0)) return std::nullopt;
  constexpr int kMaxSteps = 1000;
  constexpr double kConverged = 1e-12;  // about 6 micrometres on the Earth
  const std::vector<Vector3> vectors = ToUnitVectors(points);
  Vector3 at = BestDataPoint(vectors, weights);
  double cost = SumOfChords(vectors, weights, at);
  for (int step = 0; step < kMaxSteps; ++step) {
    const Vector3 next = WeiszfeldStep(vectors, weights, at);
    const double next_cost = SumOfChords(vectors, weights, next);
    if (next_cost >= cost || Chord(at, next) < kConverged) break;
    at = next;
    cost = next_cost;
  }
  return FromVector(at);
}

bool GeoBox::Contains(const LatLng& point) const {
  if (point.latitude_deg < south_deg || point.latitude_deg > north_deg) return false;
  const bool east_of_west = point.longitude_deg >= west_deg;
  const bool west_of_east = point.longitude_deg <= east_deg;
  return CrossesAntimeridian() ? east_of_west || west_of_east : east_of_west && west_of_east;
}

}  // namespace gre
