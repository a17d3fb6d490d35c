#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/seed/seed_sampler.h"
#include "knowledge/populations.h"

namespace gre {

// Photos in train, dev and test.
struct SeedCounts {
  int64_t train = 0, dev = 0, test = 0;
  [[nodiscard]] int64_t all() const { return train + dev + test; }
};

struct SeedSummary {
  int64_t photos = 0;           // of the dataset that no finding drops
  int64_t without_truth = 0;    // neither coordinates nor a country
  int64_t without_picture = 0;  // passed over where only present photos are asked for
  int64_t duplicates = 0;       // of other candidates, not dropped by check
  int64_t candidates = 0;
  int64_t cells = 0;  // from which photos were drawn, countries without coordinates among them
  int64_t over_country_cap = 0, near_other_split = 0, without_split = 0;
  int split_level = 0;
  SeedCounts sample;
  std::map<std::string, SeedCounts> countries;  // by code; "": unknown
};

// Draws the seed sample (seed_sampler.h) from the photos that no finding drops and that have a
// truth, and replaces table `seed` with it in one transaction: the cell (S2 token, or the country
// of a photo without coordinates) and the split of every photo. `present_only` leaves out records
// without a file. Of each photo its number, id's hash, place and country are in memory, some 100
// bytes. kCancelled changes nothing.
Result<SeedSummary> SeedDataset(Dataset& dataset, const SeedOptions& options, bool present_only,
                                std::span<const PopulatedPlace> places,
                                const std::function<void(int64_t done, int64_t total)>& report,
                                const CancellationToken& cancellation);

}  // namespace gre
