#include "bench/fusion/place_folds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/random.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

// A degree of latitude on the sphere of radius 6371 km, rounded down.
constexpr double kDegreeKm = 111.19;
constexpr double kPi = std::numbers::pi;

class DisjointSets {
 public:
  explicit DisjointSets(size_t size) : parents_(size) {
    for (size_t i = 0; i < size; ++i) parents_[i] = i;
  }
  size_t Find(size_t i) {
    while (parents_[i] != i) {
      parents_[i] = parents_[parents_[i]];
      i = parents_[i];
    }
    return i;
  }
  void Join(size_t a, size_t b) { parents_[Find(a)] = Find(b); }

 private:
  std::vector<size_t> parents_;
};

std::array<double, 3> UnitVector(const LatLng& point) {
  const double latitude = point.latitude_deg * kPi / 180;
  const double longitude = point.longitude_deg * kPi / 180;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double SquaredChord(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  const double x = a[0] - b[0];
  const double y = a[1] - b[1];
  const double z = a[2] - b[2];
  return x * x + y * y + z * z;
}

}  // namespace

std::vector<size_t> GroupPlaces(std::span<const std::optional<LatLng>> points, double place_km) {
  std::vector<size_t> order;  // of photos with a point, by latitude
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](size_t i) { return points[i]->latitude_deg; });
  // Pairs are compared by the chord between them, which costs no trigonometry; near the bound the
  // distance itself decides.
  constexpr double kSlack = 1 + 1e-9;
  std::vector<std::array<double, 3>> vectors;
  vectors.reserve(order.size());
  for (const size_t i : order) vectors.push_back(UnitVector(*points[i]));
  const double angle = std::min(place_km * kSlack / kMeanEarthRadiusKm, kPi);
  const double max_chord = 2 * std::sin(angle / 2) * kSlack;
  DisjointSets sets(points.size());
  const double window_deg = place_km / kDegreeKm;
  for (size_t a = 0; a < order.size(); ++a) {
    const LatLng& first = *points[order[a]];
    for (size_t b = a + 1; b < order.size(); ++b) {
      const LatLng& second = *points[order[b]];
      if (second.latitude_deg - first.latitude_deg > window_deg) break;
      if (SquaredChord(vectors[a], vectors[b]) > max_chord * max_chord) continue;
      if (sets.Find(order[a]) == sets.Find(order[b])) continue;
      if (HaversineDistanceKm(first, second) <= place_km) sets.Join(order[a], order[b]);
    }
  }
  constexpr size_t kUnnumbered = std::numeric_limits<size_t>::max();
  std::vector<size_t> numbers(points.size(), kUnnumbered);
  std::vector<size_t> places(points.size());
  size_t count = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    size_t& number = numbers[sets.Find(i)];
    if (number == kUnnumbered) number = count++;
    places[i] = number;
  }
  return places;
}

Result<std::vector<size_t>> FoldsByPlace(std::span<const size_t> places, size_t folds,
                                         uint64_t seed) {
  GRE_CHECK(folds >= 2);
  size_t count = 0;
  for (const size_t place : places) count = std::max(count, place + 1);
  std::vector<std::pair<size_t, size_t>> sizes(count);  // photos, place
  for (size_t place = 0; place < count; ++place) sizes[place].second = place;
  for (const size_t place : places) ++sizes[place].first;
  std::erase_if(sizes, [](const auto& place) { return place.first == 0; });
  if (sizes.size() < folds) {
    return Error{ErrorCode::kInvalidInput,
                 "cross-validation: expected at least as many places as folds, found " +
                     std::to_string(sizes.size()) + " places and " + std::to_string(folds) +
                     " folds; use fewer --folds or a smaller --place-km"};
  }
  Random(HashSeed(seed, "places")).Shuffle(sizes);
  std::ranges::stable_sort(sizes, std::greater(), [](const auto& place) { return place.first; });
  std::vector<size_t> photos_in_fold(folds);
  std::vector<size_t> fold_of_place(count);
  for (const auto& [photos, place] : sizes) {
    const auto emptiest = std::ranges::min_element(photos_in_fold);
    fold_of_place[place] = static_cast<size_t>(emptiest - photos_in_fold.begin());
    *emptiest += photos;
  }
  std::vector<size_t> fold(places.size());
  for (size_t i = 0; i < places.size(); ++i) fold[i] = fold_of_place[places[i]];
  return fold;
}

}  // namespace gre
