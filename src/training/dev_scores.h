#pragma once

#include <functional>
#include <span>

#include "core/result.h"
#include "dataset/photo_records.h"
#include "model/gre_nano/nano_network.h"
#include "training/nano_examples.h"

namespace gre {

// How well a network does on photos that it is not trained on; shares and means a photo.
struct DevScores {
  double street_top1 = 0, travel_top1 = 0;            // country of the greedy answer
  double street_auxiliary = 0, travel_auxiliary = 0;  // of the country head
  double street_nll = 0, travel_nll = 0;  // of the true text up to the country, summed over tokens

  // Street photos count four times as much as travel photos.
  [[nodiscard]] double AnswerScore() const { return 0.8 * street_top1 + 0.2 * travel_top1; }
  [[nodiscard]] double HeadScore() const { return 0.8 * street_auxiliary + 0.2 * travel_auxiliary; }
};

// `tower` gives the features of the records [begin, end). `seed` draws the points of photos that
// have none.
Result<DevScores> ScoreNetwork(const NanoNetwork& network, const NanoExamples& examples,
                               std::span<const PhotoRecord> records, uint64_t seed,
                               const std::function<TowerFeatures(size_t begin, size_t end)>& tower);

}  // namespace gre
