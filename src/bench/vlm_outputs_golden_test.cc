// Replies of real models, scored as reference scores say.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "bench/predictions_file.h"
#include "bench/scoring.h"
#include "bench/truth_file.h"
#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

TEST(VlmOutputsGolden, ScoresEqualTheReference) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  const char* data = std::getenv("GRE_SHARED_DATA");
  if (goldens == nullptr || data == nullptr) {
    GTEST_SKIP() << "GRE_GOLDENS or GRE_SHARED_DATA is not set: no replies of real models";
  }
  const std::string folder = std::string(data) + "/vlm_outputs/";
  const auto golden = ReadJsonFile(std::string(goldens) + "/metrics/vlm_outputs.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  const auto truth = ReadTruth(folder + "ground_truth.csv");
  ASSERT_TRUE(truth.ok()) << truth.error().message;
  const CountryPoints no_points = [](std::string_view) { return std::vector<LatLng>(); };
  for (const auto& [model, expected] : golden->at("models").items()) {
    SCOPED_TRACE(model);
    const auto file = ReadPredictions(folder + model);
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_EQ(file->fields.id, "image_file");
    EXPECT_EQ(file->fields.text, "raw_response");
    const auto matching = MatchPredictions(truth->records, file->predictions);
    ASSERT_TRUE(matching.ok()) << matching.error().message;
    const auto score = [&](const ScoreConventions& conventions) {
      const RecordScores records =
          ScoreRecords(truth->records, file->predictions, *matching, conventions, no_points);
      return Summarize(truth->records, file->predictions, *matching, records, conventions, {});
    };
    const auto check = [&](const char* table, const ScoreConventions& conventions) {
      for (const auto& [threshold_km, estimate] : score(conventions).accuracy) {
        EXPECT_NEAR(estimate.value,
                    expected.at(table).at(FormatShortest(threshold_km)).get<double>(), 1e-9)
            << table << " " << threshold_km;
      }
    };
    ScoreConventions geodesic;
    check("accuracy_geodesic_unparsed_wrong", geodesic);
    ScoreConventions haversine;
    haversine.distance = {DistanceConvention::Model::kHaversine, kMeanEarthRadiusKm};
    check("accuracy_haversine6371_unparsed_wrong", haversine);
    ScoreConventions drop;
    drop.unparsed = ScoreConventions::Unparsed::kDrop;
    check("accuracy_geodesic_parsed_only", drop);

    const Scores scores = score(geodesic);
    EXPECT_EQ(scores.records, expected.at("records").get<size_t>());
    EXPECT_EQ(scores.unmatched, expected.at("without_truth").get<size_t>());
    EXPECT_EQ(scores.scored, expected.at("scored").get<size_t>());
    EXPECT_EQ(scores.scored - scores.parsed, expected.at("unparsed").get<size_t>());
    EXPECT_NEAR(scores.median_km.value, expected.at("median_km_parsed").get<double>(), 1e-9);
    EXPECT_NEAR(scores.mean_km.value, expected.at("mean_km_parsed").get<double>(), 1e-9);
    EXPECT_NEAR(scores.geoscore.value, expected.at("geoscore_mean_unparsed_zero").get<double>(),
                1e-9);
  }
}

}  // namespace
}  // namespace gre
