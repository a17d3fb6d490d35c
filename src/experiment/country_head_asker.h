#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/records.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/photo_records.h"
#include "dataset/teacher/point_sampler.h"
#include "generation/torch_plugin.h"

namespace gre {

// So many points stand for a country, in answers and in scores.
inline constexpr size_t kPlacesPerCountry = 256;

// What an embedded model's country head says without its text: the likeliest country, at that point
// of it from which GeoScore to its others is highest. Not thread-safe; what is borrowed must
// outlive it.
class CountryHeadAsker {
 public:
  // `trained`: the photos that the head learnt from; their countries are its classes.
  CountryHeadAsker(TorchPlugin& plugin, std::string model_directory, std::string photo_root,
                   const std::vector<PhotoRecord>& trained, const PointSampler& points);

  // One answer a photo, in order. Errors name the photo, or the classes that do not fit.
  Result<std::vector<Prediction>> Locate(const std::vector<PhotoRecord>& photos,
                                         const CancellationToken& cancellation);

 private:
  TorchPlugin& plugin_;
  std::string model_directory_, photo_root_;
  std::vector<std::optional<LatLng>> middles_;  // of each class
};

}  // namespace gre
