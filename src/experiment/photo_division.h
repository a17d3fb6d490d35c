#pragma once

#include <cstdint>
#include <vector>

#include "dataset/photo_records.h"

namespace gre {

// The photos of an ablation: those to train on, in three parts that share no photo, and the
// held-out ones as their splits have them.
struct PhotoParts {
  std::vector<PhotoRecord> cold_start;  // CI
  std::vector<PhotoRecord> judge;       // stage I
  std::vector<PhotoRecord> place;       // stage II
  std::vector<PhotoRecord> dev, test;
};

struct PhotoShares {
  double cold_start = 0.5;
  double judge = 0.25;  // the rest is for stage II
};

// Divides the photos of the split train, those of each kind by themselves, in an order that depends
// on (seed, image) alone. Shares are in (0, 1), their sum below 1. Keeps the records' order.
PhotoParts DivideForAblation(const std::vector<PhotoRecord>& photos, const PhotoShares& shares,
                             uint64_t seed);

}  // namespace gre
