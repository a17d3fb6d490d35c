#include "dataset/seed/dataset_seed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "dataset/photo_table.h"
#include "geo/geodesic.h"
#include "geo/s2_cell.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

// Towns of different size, so that places are crowded, and photos of which only the country is
// known.
std::vector<SeedCandidate> MakeCandidates(uint64_t seed, size_t count) {
  Random random(seed);
  std::vector<LatLng> towns;
  for (int i = 0; i < 60; ++i)
    towns.push_back({random.Uniform(-60, 70), random.Uniform(-179, 179)});
  std::vector<SeedCandidate> candidates;
  for (size_t i = 0; i < count; ++i) {
    SeedCandidate candidate;
    candidate.number = static_cast<int64_t>(i) + 1;
    candidate.key = random.Next();
    const auto country = static_cast<char>('A' + random.Below(6));
    candidate.country = {'X', country};
    if (random.Below(10) > 0) {
      const LatLng& town = towns[static_cast<size_t>(60 * random.Uniform() * random.Uniform())];
      candidate.point = LatLng{town.latitude_deg + random.Uniform(-0.8, 0.8),
                               town.longitude_deg + random.Uniform(-0.8, 0.8)};
    }
    candidate.source_split = static_cast<SeedSplit>(random.Below(4));
    candidates.push_back(candidate);
  }
  return candidates;
}

std::map<SeedSplit, int64_t> Sizes(const SeedSample& sample) {
  std::map<SeedSplit, int64_t> sizes;
  for (const SeedPhoto& photo : sample.photos) ++sizes[photo.split];
  return sizes;
}

TEST(SeedSampler, SplitsLieFartherApartThanTheDistance) {
  const std::vector<SeedCandidate> candidates = MakeCandidates(1, 4000);
  for (const double min_distance_km : {1.0, 25.0, 120.0}) {
    SeedOptions options;
    options.size = 1200;
    options.dev_share = options.test_share = 0.1;
    options.min_distance_km = min_distance_km;
    const SeedSample sample = DrawSeed(candidates, options, {});
    const auto sizes = Sizes(sample);
    EXPECT_EQ(sample.photos.size(), 1200u);
    EXPECT_NEAR(sizes.at(SeedSplit::kTest), 120, 40);
    EXPECT_NEAR(sizes.at(SeedSplit::kDev), 120, 40);
    std::set<uint32_t> drawn;
    for (const SeedPhoto& a : sample.photos) {
      EXPECT_TRUE(drawn.insert(a.candidate).second);
      const auto& point = candidates[a.candidate].point;
      for (const SeedPhoto& b : sample.photos) {
        const auto& other = candidates[b.candidate].point;
        if (a.split == b.split || !point || !other) continue;
        // no two points two degrees of latitude apart are within 200 km
        if (std::abs(point->latitude_deg - other->latitude_deg) > 2) continue;
        ASSERT_GT(GeodesicDistanceKm(*point, *other), min_distance_km);
      }
    }
  }
}

TEST(SeedSampler, UniformSpreadsOverCellsAndKeepsCaps) {
  const std::vector<SeedCandidate> candidates = MakeCandidates(2, 5000);
  SeedOptions options;
  options.size = 800;
  options.dev_share = options.test_share = 0;
  SeedSample sample = DrawSeed(candidates, options, {});
  const auto unit = [&](uint32_t i) {
    const SeedCandidate& candidate = candidates[i];
    return candidate.point ? S2CellOf(*candidate.point, options.level)
                           : uint64_t{static_cast<unsigned char>(candidate.country[1])};
  };
  std::map<uint64_t, int64_t> there, drawn;
  for (uint32_t i = 0; i < candidates.size(); ++i) ++there[unit(i)];
  for (const SeedPhoto& photo : sample.photos) ++drawn[unit(photo.candidate)];
  // a cell has fewer photos than another by two only where it has no more
  int64_t most = 0;
  for (const auto& [cell, count] : drawn) most = std::max(most, count);
  for (const auto& [cell, count] : there) {
    EXPECT_GE(drawn[cell], std::min(count, most - 1));
  }

  options.max_per_country = 100;
  sample = DrawSeed(candidates, options, {});
  EXPECT_EQ(sample.photos.size(), 600u);  // six countries
  std::map<char, int> countries;
  for (const SeedPhoto& photo : sample.photos) ++countries[candidates[photo.candidate].country[1]];
  for (const auto& [country, count] : countries) EXPECT_EQ(count, 100);
}

TEST(SeedSampler, HangsOnNeitherOrderNorRun) {
  const std::vector<SeedCandidate> candidates = MakeCandidates(3, 2000);
  std::vector<SeedCandidate> shuffled = candidates;
  Random(5).Shuffle(shuffled);
  for (const SeedBalance balance : {SeedBalance::kUniform, SeedBalance::kNone}) {
    for (const bool keep : {false, true}) {
      SeedOptions options;
      options.share = 0.3;
      options.balance = balance;
      options.keep_source_split = keep;
      options.max_per_country = 90;
      const auto drawn = [&](std::span<const SeedCandidate> from) {
        std::map<int64_t, SeedSplit> photos;
        for (const SeedPhoto& photo : DrawSeed(from, options, {}).photos) {
          photos[from[photo.candidate].number] = photo.split;
          if (keep) {
            EXPECT_EQ(photo.split, from[photo.candidate].source_split);
          }
        }
        return photos;
      };
      EXPECT_EQ(drawn(candidates), drawn(shuffled));
      EXPECT_EQ(drawn(candidates).size(), 540u);
    }
  }
}

TEST(SeedSampler, PopulationCountsPeople) {
  // many villages around one point, a town around the other
  std::vector<PopulatedPlace> places;
  for (int i = 0; i < 9; ++i) places.push_back({LatLng{10 + 0.01 * i, 10}, {{'X', 'A'}}, 2000});
  places.push_back({LatLng{-20, 50}, {{'X', 'B'}}, 90'000});
  std::vector<SeedCandidate> candidates(400);
  for (size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].key = HashSeed(1, i);
    candidates[i].point = i % 2 == 0 ? LatLng{10, 10} : LatLng{-20, 50};
  }
  SeedOptions options;
  options.size = 120;
  options.balance = SeedBalance::kPopulation;
  options.dev_share = options.test_share = 0;
  int64_t crowded = 0;
  const SeedSample sample = DrawSeed(candidates, options, places);
  for (const SeedPhoto& photo : sample.photos) crowded += photo.candidate % 2 == 0 ? 1 : 0;
  EXPECT_EQ(sample.photos.size(), 120u);
  EXPECT_EQ(crowded, 20);  // weights 18,001 and 90,001
}

class DatasetSeedTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Stores, DatasetSeedTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& store) { return std::string(store.param); });

TEST_P(DatasetSeedTest, ReplacesTheSampleAndKeepsGroupsTogether) {
  const gre::testing::TemporaryFolder folder;
  DatasetLocation location{.folder = folder / "data"};
  std::unique_ptr<gre::testing::PostgresServer> server;
  if (std::string_view(GetParam()) == "postgres") {
    std::string missing;
    server = gre::testing::PostgresServer::Start(missing);
    if (!server) GTEST_SKIP() << missing;
    location.store = server->url();
  }
  auto dataset = Dataset::Create(location);
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  PhotoTable photos(dataset->database());
  Random random(1);
  const Status added = dataset->database().InTransaction([&]() -> Status {
    for (int i = 0; i < 300; ++i) {
      Photo photo;
      photo.id = "p" + std::to_string(i);
      photo.source = "test";
      photo.country_code = i % 2 == 0 ? "FR" : "JP";
      if (i < 280) photo.point = LatLng{random.Uniform(-60, 60), random.Uniform(-180, 180)};
      if (i >= 298) photo.country_code.clear();  // no truth at all
      GRE_ASSIGN_OR_RETURN(const int64_t number, photos.Add(photo));
      if (i < 10) GRE_RETURN_IF_ERROR(photos.AddFinding({number, "check", "tiny", true, ""}));
      if (i >= 10 && i < 20) GRE_RETURN_IF_ERROR(photos.SetDuplicateGroup(number, 11));
    }
    return {};
  });
  ASSERT_TRUE(added.ok()) << added.error().message;
  const auto read = [&] {
    std::map<int64_t, std::string> seed;
    const auto rows = dataset->database().Query("SELECT photo, cell, split FROM seed");
    for (const SqlRow& row : *rows) seed[row.Integer(0)] = row.Text(1) + " " + row.Text(2);
    return seed;
  };
  const auto draw = [&](const SeedOptions& options) {
    const auto summary = SeedDataset(*dataset, options, false, {}, [](int64_t, int64_t) {}, {});
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return *summary;
  };
  SeedOptions options;
  options.size = 150;
  const SeedSummary summary = draw(options);
  EXPECT_EQ(summary.photos, 290);
  EXPECT_EQ(summary.without_truth, 2);
  EXPECT_EQ(summary.duplicates, 9);
  EXPECT_EQ(summary.candidates, 279);
  EXPECT_EQ(summary.sample.all(), 150);
  EXPECT_EQ(summary.countries.at("FR").all() + summary.countries.at("JP").all(), 150);
  const auto first = read();
  EXPECT_EQ(first.size(), 150u);
  int of_group = 0;
  int of_country = 0;
  for (const auto& [photo, text] : first) {
    EXPECT_GT(photo, 10);
    of_group += photo <= 20 ? 1 : 0;
    of_country += text.starts_with("FR ") || text.starts_with("JP ") ? 1 : 0;
  }
  EXPECT_LE(of_group, 1);
  EXPECT_GT(of_country, 0);
  options.seed = 2;
  draw(options);
  EXPECT_NE(read(), first);
  options.seed = 1;
  draw(options);
  EXPECT_EQ(read(), first);
}

}  // namespace
}  // namespace gre
