#include "experiment/country_head_asker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/strings.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

std::optional<LatLng> MiddleOf(const std::vector<LatLng>& places) {
  std::optional<LatLng> best;
  double best_score = -1;
  for (const LatLng& place : places) {
    double score = 0;
    for (const LatLng& other : places) score += GeoScore(place, other);
    if (score > best_score) {
      best = place;
      best_score = score;
    }
  }
  return best;
}

}  // namespace

CountryHeadAsker::CountryHeadAsker(TorchPlugin& plugin, std::string model_directory,
                                   std::string photo_root, const std::vector<PhotoRecord>& trained,
                                   const PointSampler& points)
    : plugin_(plugin),
      model_directory_(std::move(model_directory)),
      photo_root_(std::move(photo_root)) {
  std::set<std::string> countries;  // classes are in the order of codes
  for (const PhotoRecord& photo : trained) countries.insert(photo.country_code);
  for (const std::string& country : countries) {
    middles_.push_back(MiddleOf(points.FixedPoints(country, kPlacesPerCountry)));
  }
}

Result<std::vector<Prediction>> CountryHeadAsker::Locate(const std::vector<PhotoRecord>& photos,
                                                         const CancellationToken& cancellation) {
  std::vector<std::string> paths;
  for (const PhotoRecord& photo : photos) paths.push_back(Concat({photo_root_, "/", photo.image}));
  GRE_ASSIGN_OR_RETURN(const auto beliefs,
                       plugin_.ReadCountryBeliefs(model_directory_, paths, cancellation));
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < photos.size(); ++i) {
    if (beliefs[i].size() != middles_.size()) {
      return Error{ErrorCode::kInternal,
                   Concat({model_directory_, ": the country head: expected ",
                           std::to_string(middles_.size()), " classes, found ",
                           std::to_string(beliefs[i].size())})};
    }
    const auto likeliest = std::ranges::max_element(beliefs[i]) - beliefs[i].begin();
    Prediction prediction;
    prediction.id = photos[i].image;
    prediction.point = middles_[static_cast<size_t>(likeliest)];
    prediction.outcome = prediction.point ? Outcome::kParsed : Outcome::kUnparsed;
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace gre
