// Ctrl-C was not obeyed by what reads and fuses large files.
#include "core/cancellation.h"

#include <gtest/gtest.h>

#include "bench/fusion/fusion_fit.h"
#include "bench/import/import.h"
#include "bench/predictions_file.h"
#include "bench/truth_file.h"
#include "core/file.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

TEST(BenchCancellation, ReadersImportAndFusionStop) {
  CancellationToken cancelled;
  cancelled.Cancel();
  const testing::TemporaryFolder folder;
  const std::string path = folder / "table.csv";
  ASSERT_TRUE(WriteFileAtomically(path, "image,lat,lng\na.jpg,1,2\nb.jpg,3,4\n").ok());
  EXPECT_EQ(ReadPredictions(path, {}, cancelled).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(ReadTruth(path, {}, cancelled).error().code, ErrorCode::kCancelled);
  const auto format = FindBenchmarkFormat("streetview");
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(ImportBenchmark(**format, path, {.cancellation = &cancelled}).error().code,
            ErrorCode::kCancelled);

  std::vector<FusionPhoto> photos;
  for (size_t i = 0; i < 10; ++i) {
    const LatLng point = {static_cast<double>(i), 5};
    std::vector<FusionVote> votes = {{.system = 0, .point = point}};
    photos.push_back({.truth = point, .place = i, .ballot = Ballot(std::move(votes))});
  }
  const std::vector<std::string> systems = {"a"};
  EXPECT_TRUE(CrossValidateFusion(photos, systems, 2, 1).ok());
  EXPECT_EQ(CrossValidateFusion(photos, systems, 2, 1, cancelled).error().code,
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace gre
