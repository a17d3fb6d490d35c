#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/populations.h"

namespace gre {

enum class SeedBalance {
  kUniform,     // as many photos from every cell that has some
  kPopulation,  // in proportion to the people in the cell's places (of 1,000 and more), and one
  kNone,        // any photo with the same chance
};

enum class SeedSplit : uint8_t { kTrain, kDev, kTest, kNone };
std::string_view SeedSplitName(SeedSplit split);  // "train", "dev", "test", ""
// By name; "val" and "validation" are dev. kNone for other words.
SeedSplit ParseSeedSplit(std::string_view name);

struct SeedOptions {
  int64_t size = 0;  // photos; 0: by `share`
  double share = 1;  // of the candidates
  SeedBalance balance = SeedBalance::kUniform;
  int level = 6;                // of the S2 cells to balance (geo/s2_cell.h): 144 km wide
  int64_t max_per_country = 0;  // 0: any number
  double dev_share = 0.05, test_share = 0.05;  // of the sample
  // Photos of two splits lie farther apart than this.
  double min_distance_km = 25;
  // Splits are those of the source; neither distances nor shares are looked after.
  bool keep_source_split = false;
  uint64_t seed = 1;
};

// A photo that may be drawn: at most one of a group of duplicates.
struct SeedCandidate {
  int64_t number = 0;
  uint64_t key = 0;  // HashSeed(seed, id): its place in every order
  std::optional<LatLng> point;
  std::array<char, 2> country = {};  // zeros: unknown
  SeedSplit source_split = SeedSplit::kNone;

  [[nodiscard]] std::string_view country_code() const {
    return {country.data(), country[0] == 0 ? size_t{0} : size_t{2}};
  }
};

struct SeedPhoto {
  uint32_t candidate = 0;
  uint64_t cell = 0;  // S2 id; 0: a photo of which only the country is known
  SeedSplit split = SeedSplit::kTrain;
};

struct SeedSample {
  std::vector<SeedPhoto> photos;  // by candidate
  int64_t over_country_cap = 0;   // passed over
  int64_t near_other_split = 0;   // passed over; with keep_source_split taken nevertheless
  int64_t without_split = 0;      // passed over, with keep_source_split
  int split_level = 0;            // of the cells that splits are made of
};

// Draws the sample. The result hangs on options, ids and places, not on the candidates' order.
//
// Balance: within a cell photos follow each other by key; number r of a cell of weight w stands at
// (r + 1/2) / w in the common order, and the first that no cap forbids are taken. That is the
// divisor method of Sainte-Laguë: cells get photos in proportion to their weights as far as they
// have some, and what they lack goes to the others. A country takes the place of a cell for photos
// without coordinates.
//
// Splits: cells of the least level whose edge is four times min_distance_km or more (levels 2 to
// 10), in the order of their hashes, become test and dev until these have their share of a sample
// without splits; a cell that would overshoot is passed over. Then test is drawn, then dev from
// what is far enough from test, then train from what is far enough from both. Photos without
// coordinates are divided by their keys. `places` are for kPopulation, else there may be none.
SeedSample DrawSeed(std::span<const SeedCandidate> candidates, const SeedOptions& options,
                    std::span<const PopulatedPlace> places);

}  // namespace gre
