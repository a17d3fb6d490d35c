#include "localizer/consensus.h"

#include <algorithm>
#include <limits>

#include "core/check.h"
#include "geo/geodesic.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kMinLinkKm = 25;
constexpr double kMaxLinkKm = 750;
// Models write a tenth of a degree: equal points agree no better than this.
constexpr double kResolutionKm = 10;
constexpr double kPriorSamples = 2;
constexpr double kMaxDistanceKm = 20004;

using Matrix = std::vector<std::vector<double>>;

Matrix Distances(std::span<const LatLng> points) {
  Matrix distances(points.size(), std::vector<double>(points.size()));
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      distances[i][j] = distances[j][i] = HaversineDistanceKm(points[i], points[j]);
    }
  }
  return distances;
}

double LinkDistance(const Matrix& distances) {
  std::vector<double> pairs;
  for (size_t i = 0; i < distances.size(); ++i) {
    pairs.insert(pairs.end(), distances[i].begin(),
                 distances[i].begin() + static_cast<std::ptrdiff_t>(i));
  }
  return pairs.empty() ? kMinLinkKm : std::clamp(Median(pairs) / 2, kMinLinkKm, kMaxLinkKm);
}

size_t BestOf(std::span<const LatLng> points, std::span<const size_t> among) {
  size_t best = among.front();
  double best_score = -1;
  for (const size_t i : among) {
    double score = 0;
    for (const size_t j : among) {
      score += GeoScore(points[i], points[j]);
    }
    // Equal sets of distances may add up differently in another order.
    if (score > best_score * (1 + 1e-12)) {
      best_score = score;
      best = i;
    }
  }
  return best;
}

}  // namespace

std::vector<PointCluster> ClusterPoints(std::span<const LatLng> points) {
  const Matrix distances = Distances(points);
  const double link_km = LinkDistance(distances);
  std::vector<PointCluster> clusters;
  for (size_t i = 0; i < points.size(); ++i) {
    clusters.push_back({{i}, i});
  }
  // Sums of distances between the members of two clusters; merging adds rows and columns.
  Matrix sums = distances;
  while (clusters.size() > 1) {
    double nearest = std::numeric_limits<double>::infinity();
    size_t first = 0;
    size_t second = 0;
    for (size_t a = 0; a < clusters.size(); ++a) {
      for (size_t b = a + 1; b < clusters.size(); ++b) {
        const double mean = sums[a][b] / static_cast<double>(clusters[a].members.size() *
                                                             clusters[b].members.size());
        if (mean < nearest) {
          nearest = mean;
          first = a;
          second = b;
        }
      }
    }
    if (nearest > link_km) {
      break;
    }
    auto& members = clusters[first].members;
    members.insert(members.end(), clusters[second].members.begin(), clusters[second].members.end());
    for (size_t k = 0; k < clusters.size(); ++k) {
      sums[first][k] += sums[second][k];
      sums[k][first] = sums[first][k];
    }
    const auto erased = static_cast<std::ptrdiff_t>(second);
    sums.erase(sums.begin() + erased);
    for (std::vector<double>& row : sums) {
      row.erase(row.begin() + erased);
    }
    clusters.erase(clusters.begin() + erased);
  }
  for (PointCluster& cluster : clusters) {
    std::ranges::sort(cluster.members);
    cluster.center = BestOf(points, cluster.members);
  }
  std::ranges::sort(clusters, [](const PointCluster& a, const PointCluster& b) {
    return a.members.size() != b.members.size() ? a.members.size() > b.members.size()
                                                : a.members.front() < b.members.front();
  });
  return clusters;
}

size_t BestPoint(std::span<const LatLng> points) {
  GRE_CHECK(!points.empty());
  std::vector<size_t> all(points.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  return BestOf(points, all);
}

std::optional<double> Dispersion(std::span<const LatLng> points) {
  if (points.size() < 2) {
    return std::nullopt;
  }
  double sum_km = 0;
  size_t pairs = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      sum_km += GeodesicDistanceKm(points[i], points[j]);
      ++pairs;
    }
  }
  return sum_km / static_cast<double>(pairs);
}

RadiusEstimate EstimateRadius(const LatLng& answer, std::span<const LatLng> others,
                              const RadiusModel& model) {
  std::vector<double> distances_km;
  for (const LatLng& other : others) {
    distances_km.push_back(std::max(GeodesicDistanceKm(answer, other), kResolutionKm));
  }
  const auto cumulative = [&](double radius_km) {
    double sum = kPriorSamples * radius_km / (radius_km + model.typical_error_km);
    for (const double distance_km : distances_km) {
      sum += radius_km * radius_km / (radius_km * radius_km + distance_km * distance_km);
    }
    return sum / (kPriorSamples + static_cast<double>(distances_km.size()));
  };
  const auto quantile = [&](double probability) {
    double low = 0;
    double high = 16 * kMaxDistanceKm;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (cumulative(middle) < probability ? low : high) = middle;
    }
    return high;
  };
  return ScaleRadius({quantile(0.5), quantile(0.9)}, model);
}

RadiusEstimate ScaleRadius(const RadiusEstimate& raw, const RadiusModel& model) {
  const double p50_km = std::min(raw.p50_km * model.p50_scale, kMaxDistanceKm);
  const double p90_km = std::min(raw.p90_km * model.p90_scale, kMaxDistanceKm);
  return {p50_km, std::max(p50_km, p90_km)};
}

}  // namespace gre
