#include "experiment/photo_division.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

#include "core/random.h"

namespace gre {

PhotoParts DivideForAblation(const std::vector<PhotoRecord>& photos, const PhotoShares& shares,
                             uint64_t seed) {
  struct Place {
    uint64_t order = 0;
    size_t index = 0;
  };
  std::map<PhotoKind, std::vector<Place>> kinds;
  for (size_t i = 0; i < photos.size(); ++i) {
    if (photos[i].split != PhotoSplit::kTrain) continue;
    kinds[photos[i].kind].push_back({HashSeed(seed, photos[i].image), i});
  }
  std::vector<std::vector<PhotoRecord> PhotoParts::*> parts(photos.size(), nullptr);
  for (auto& [kind, places] : kinds) {
    std::ranges::sort(places, {}, &Place::order);
    const auto count = static_cast<double>(places.size());
    const auto judge_from = static_cast<size_t>(std::llround(count * shares.cold_start));
    const auto place_from =
        static_cast<size_t>(std::llround(count * (shares.cold_start + shares.judge)));
    for (size_t i = 0; i < places.size(); ++i) {
      parts[places[i].index] = i < judge_from   ? &PhotoParts::cold_start
                               : i < place_from ? &PhotoParts::judge
                                                : &PhotoParts::place;
    }
  }
  PhotoParts divided;
  for (size_t i = 0; i < photos.size(); ++i) {
    if (parts[i] != nullptr) (divided.*parts[i]).push_back(photos[i]);
    if (photos[i].split == PhotoSplit::kDev) divided.dev.push_back(photos[i]);
    if (photos[i].split == PhotoSplit::kTest) divided.test.push_back(photos[i]);
  }
  return divided;
}

}  // namespace gre
