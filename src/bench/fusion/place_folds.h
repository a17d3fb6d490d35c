#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// Cross-validation that does not leak: photos of one place never stand on both sides.

// The place of each point, numbered from 0 by first appearance. Points no farther than `place_km`
// from each other (haversine) are of one place, and so is whatever a chain of such points joins
// (single linkage). A photo without a point is a place of its own.
std::vector<size_t> GroupPlaces(std::span<const std::optional<LatLng>> points, double place_km);

// The fold, in [0, folds), of each photo: whole places, large ones first, each into the fold with
// the fewest photos; places of equal size in an order drawn with `seed`. kInvalidInput when there
// are fewer places than folds; `folds` at least 2.
Result<std::vector<size_t>> FoldsByPlace(std::span<const size_t> places, size_t folds,
                                         uint64_t seed);

}  // namespace gre
