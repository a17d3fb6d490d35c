#include "dataset/seed/seed_sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/random.h"
#include "geo/point_grid.h"
#include "geo/s2_cell.h"

namespace gre {
namespace {

// The two letters of a country, which no S2 id is: those of a level up to 30 begin or end
// elsewhere.
uint64_t CountryUnit(const SeedCandidate& candidate) {
  return static_cast<uint64_t>(static_cast<unsigned char>(candidate.country[0])) << 16 |
         static_cast<uint64_t>(static_cast<unsigned char>(candidate.country[1])) << 8;
}

int SplitLevel(double min_distance_km) {
  constexpr int kCoarsest = 2;
  constexpr int kFinest = 10;
  int level = kFinest;
  while (level > kCoarsest && S2EdgeKm(level) < 4 * min_distance_km) --level;
  return level;
}

class SeedDrawer {
 public:
  SeedDrawer(std::span<const SeedCandidate> candidates, const SeedOptions& options,
             std::span<const PopulatedPlace> places)
      : candidates_(candidates), options_(options), places_(places) {}

  SeedSample Draw() && {
    sample_.split_level = SplitLevel(options_.min_distance_km);
    CountPeople();
    const auto count = static_cast<double>(candidates_.size());
    size_ = options_.size > 0 ? options_.size : std::llround(options_.share * count);
    size_ = std::min(size_, static_cast<int64_t>(candidates_.size()));
    if (options_.keep_source_split) {
      DrawWithSourceSplits();
    } else {
      DrawByPlace();
    }
    std::ranges::sort(sample_.photos, {}, &SeedPhoto::candidate);
    return std::move(sample_);
  }

 private:
  [[nodiscard]] uint64_t UnitOf(const SeedCandidate& candidate) const {
    return candidate.point ? S2CellOf(*candidate.point, options_.level) : CountryUnit(candidate);
  }

  void CountPeople() {
    if (options_.balance != SeedBalance::kPopulation) return;
    for (const PopulatedPlace& place : places_) {
      people_[S2CellOf(place.position, options_.level)] += place.people;
      SeedCandidate country;
      country.country = place.country_code;
      people_[CountryUnit(country)] += place.people;
    }
  }

  [[nodiscard]] double WeightOf(uint64_t unit) const {
    if (options_.balance != SeedBalance::kPopulation) return 1;
    const auto found = people_.find(unit);
    return 1 + (found == people_.end() ? 0 : static_cast<double>(found->second));
  }

  // In the order in which they are taken.
  [[nodiscard]] std::vector<uint32_t> Order(std::vector<uint32_t> members) const {
    const auto by_key = [this](uint32_t a, uint32_t b) {
      return candidates_[a].key < candidates_[b].key;
    };
    if (options_.balance == SeedBalance::kNone) {
      std::ranges::sort(members, by_key);
      return members;
    }
    struct Place {
      uint64_t unit;
      double position;
      uint32_t member;
    };
    std::vector<Place> places;
    places.reserve(members.size());
    for (const uint32_t member : members)
      places.push_back({UnitOf(candidates_[member]), 0, member});
    std::ranges::sort(places, [&](const Place& a, const Place& b) {
      return a.unit != b.unit ? a.unit < b.unit : by_key(a.member, b.member);
    });
    double rank = 0;
    for (size_t i = 0; i < places.size(); ++i) {
      rank = i > 0 && places[i].unit == places[i - 1].unit ? rank + 1 : 0;
      places[i].position = (rank + 0.5) / WeightOf(places[i].unit);
    }
    std::ranges::sort(places, [&](const Place& a, const Place& b) {
      return a.position != b.position ? a.position < b.position : by_key(a.member, b.member);
    });
    std::ranges::transform(places, members.begin(), &Place::member);
    return members;
  }

  // Takes up to `count` of `members` in their order into `split`.
  int64_t Take(std::vector<uint32_t> members, int64_t count, SeedSplit split) {
    int64_t taken = 0;
    for (const uint32_t member : Order(std::move(members))) {
      if (taken == count) break;
      const SeedCandidate& candidate = candidates_[member];
      int64_t& of_country = by_country_[CountryUnit(candidate)];
      if (options_.max_per_country > 0 && of_country >= options_.max_per_country) {
        ++sample_.over_country_cap;
        continue;
      }
      if (candidate.point && IsNearOtherSplit(*candidate.point, split)) {
        ++sample_.near_other_split;
        if (!options_.keep_source_split) continue;
      }
      ++of_country;
      ++taken;
      // train is drawn last: nothing is compared with it
      if (candidate.point && options_.min_distance_km > 0 && split != SeedSplit::kTrain) {
        grids_.try_emplace(split, options_.min_distance_km).first->second.Add(*candidate.point);
      }
      const uint64_t cell = candidate.point ? S2CellOf(*candidate.point, options_.level) : 0;
      sample_.photos.push_back({member, cell, split});
    }
    return taken;
  }

  [[nodiscard]] bool IsNearOtherSplit(const LatLng& point, SeedSplit split) const {
    return std::ranges::any_of(grids_, [&](const auto& grid) {
      return grid.first != split && grid.second.HasNear(point);
    });
  }

  void DrawWithSourceSplits() {
    std::vector<uint32_t> members;
    for (uint32_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].source_split == SeedSplit::kNone) {
        ++sample_.without_split;
      } else {
        members.push_back(i);
      }
    }
    members = Order(std::move(members));
    std::map<SeedSplit, std::vector<uint32_t>> parts;
    // of a country that is full the rest is passed over, so more than `size_` are looked at
    std::unordered_map<uint64_t, int64_t> seen;
    int64_t chosen = 0;
    for (const uint32_t member : members) {
      if (chosen == size_) break;
      const int64_t before = seen[CountryUnit(candidates_[member])]++;
      if (options_.max_per_country > 0 && before >= options_.max_per_country) {
        ++sample_.over_country_cap;
        continue;
      }
      parts[candidates_[member].source_split].push_back(member);
      ++chosen;
    }
    for (const SeedSplit split : {SeedSplit::kTest, SeedSplit::kDev, SeedSplit::kTrain}) {
      Take(parts[split], size_, split);
    }
  }

  void DrawByPlace() {
    const std::vector<SeedSplit> splits = DivideCandidates();
    const auto wanted = [this](double share) -> int64_t {
      return std::llround(share * static_cast<double>(size_));
    };
    int64_t left = size_;
    for (const auto& [split, count] : {std::pair{SeedSplit::kTest, wanted(options_.test_share)},
                                       std::pair{SeedSplit::kDev, wanted(options_.dev_share)},
                                       std::pair{SeedSplit::kTrain, size_}}) {
      std::vector<uint32_t> members;
      for (uint32_t i = 0; i < splits.size(); ++i) {
        if (splits[i] == split) members.push_back(i);
      }
      left -= Take(std::move(members), std::min<int64_t>(count, left), split);
    }
  }

  // The split of every candidate.
  [[nodiscard]] std::vector<SeedSplit> DivideCandidates() const {
    std::vector<uint32_t> all(candidates_.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    std::vector<uint32_t> first = Order(std::move(all));
    first.resize(static_cast<size_t>(size_));
    std::unordered_map<uint64_t, int64_t> photos;  // of the cell, in a sample without splits
    int64_t with_point = 0;
    for (const uint32_t i : first) {
      if (!candidates_[i].point) continue;
      ++photos[S2CellOf(*candidates_[i].point, sample_.split_level)];
      ++with_point;
    }
    std::vector<std::pair<uint64_t, uint64_t>> cells;  // hash, cell
    for (const auto& [cell, count] : photos) {
      cells.emplace_back(HashSeed(options_.seed, cell), cell);
    }
    std::ranges::sort(cells);
    std::unordered_map<uint64_t, SeedSplit> chosen;
    for (const auto& [split, share] : {std::pair{SeedSplit::kTest, options_.test_share},
                                       std::pair{SeedSplit::kDev, options_.dev_share}}) {
      ChooseCells(cells, photos, split, share * static_cast<double>(with_point), chosen);
    }
    std::vector<SeedSplit> splits(candidates_.size(), SeedSplit::kTrain);
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const SeedCandidate& candidate = candidates_[i];
      if (candidate.point) {
        const auto found = chosen.find(S2CellOf(*candidate.point, sample_.split_level));
        if (found != chosen.end()) splits[i] = found->second;
        continue;
      }
      // another hash than the one that orders, else dev and test would be those taken first
      const double chance = Random(HashSeed(options_.seed + 1, candidate.key)).Uniform();
      if (chance < options_.test_share) {
        splits[i] = SeedSplit::kTest;
      } else if (chance < options_.test_share + options_.dev_share) {
        splits[i] = SeedSplit::kDev;
      }
    }
    return splits;
  }

  static void ChooseCells(std::span<const std::pair<uint64_t, uint64_t>> cells,
                          const std::unordered_map<uint64_t, int64_t>& photos, SeedSplit split,
                          double target, std::unordered_map<uint64_t, SeedSplit>& chosen) {
    // a cell that is half too large at most: without it a small share of few cells stays empty
    double got = 0;
    for (const auto& [hash, cell] : cells) {
      const auto count = static_cast<double>(photos.at(cell));
      if (got >= target || chosen.size() + 1 >= cells.size()) return;
      if (got + count > 1.5 * target || !chosen.try_emplace(cell, split).second) continue;
      got += count;
    }
  }

  std::span<const SeedCandidate> candidates_;
  const SeedOptions& options_;
  std::span<const PopulatedPlace> places_;
  int64_t size_ = 0;
  std::unordered_map<uint64_t, int64_t> people_;      // of the unit
  std::unordered_map<uint64_t, int64_t> by_country_;  // taken
  std::map<SeedSplit, PointGrid> grids_;              // what was taken
  SeedSample sample_;
};

}  // namespace

std::string_view SeedSplitName(SeedSplit split) {
  constexpr std::array<std::string_view, 4> kNames = {"train", "dev", "test", ""};
  return kNames[static_cast<size_t>(split)];
}

SeedSplit ParseSeedSplit(std::string_view name) {
  if (name == "train") return SeedSplit::kTrain;
  if (name == "dev" || name == "val" || name == "validation") return SeedSplit::kDev;
  return name == "test" ? SeedSplit::kTest : SeedSplit::kNone;
}

SeedSample DrawSeed(std::span<const SeedCandidate> candidates, const SeedOptions& options,
                    std::span<const PopulatedPlace> places) {
  return SeedDrawer(candidates, options, places).Draw();
}

}  // namespace gre
