#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/result.h"
#include "geo/lat_lng.h"
#include "knowledge/gazetteer.h"

namespace gre {

// Places in each country where photos are likely taken, for photos of which only the country is
// known. Thread-safe but for AddPlaces.
class PointSampler {
 public:
  // `gallery_csv`: "LAT,LON" lines under a header. Each point goes to the country it lies in;
  // points at sea, and those that rounding would move out of their country, are dropped.
  static Result<PointSampler> FromGallery(std::string_view gallery_csv);
  explicit PointSampler(std::map<std::string, std::vector<LatLng>> points);

  // Adds populated places to every country that has fewer than `fewest` points.
  void AddPlaces(const Gazetteer& gazetteer, size_t fewest);

  // At most `most` of the country's points, always the same ones; none of an unknown country.
  [[nodiscard]] std::vector<LatLng> FixedPoints(const std::string& country_code, size_t most) const;

  // The points of each country in two halves that share none, the same ones for the same seed: one
  // to learn from and one to score with. A country's only point is in both.
  struct Halves;
  [[nodiscard]] Halves Divide(uint64_t seed) const;
  // "LAT,LON" lines under a header: FromGallery reads them again.
  [[nodiscard]] std::string ToGallery() const;

  // A point of the country, rounded to one decimal; an error names a country without any.
  Result<LatLng> Draw(const std::string& country_code, Random& random) const;

 private:
  std::map<std::string, std::vector<LatLng>> points_;
};

struct PointSampler::Halves {
  PointSampler first, second;
};

// To one decimal, as AttributeReply writes it.
LatLng RoundToTenth(const LatLng& point);

}  // namespace gre
