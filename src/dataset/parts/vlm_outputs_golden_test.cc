// Replies of real models as recorded teachers: what is kept at each theta is what reference scores
// imply.
#include <cmath>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "dataset/entry_table.h"
#include "dataset/parts/division.h"
#include "dataset/record_file.h"
#include "dataset/teacher/recorded_replies.h"
#include "dataset/testing/small_dataset.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

void AddTruth(Dataset& dataset, const std::string& path) {
  auto file = RecordFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  const std::vector<std::string> names = {"image_id", "latitude", "longitude"};
  const Status status = dataset.database().InTransaction([&]() -> Status {
    for (std::vector<FieldValue> values; *file->Next(names, values);) {
      gre::testing::AddPhoto(dataset, values[0].text,
                             LatLng{*values[1].AsNumber(), *values[2].AsNumber()});
    }
    return {};
  });
  EXPECT_TRUE(status.ok());
}

TEST(VlmOutputsGolden, WhatIsKeptAtEachThetaIsWhatTheScoresImply) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  const char* data = std::getenv("GRE_SHARED_DATA");
  if (goldens == nullptr || data == nullptr) {
    GTEST_SKIP() << "GRE_GOLDENS or GRE_SHARED_DATA is not set: no replies of real models";
  }
  const std::string folder = std::string(data) + "/vlm_outputs/";
  const auto golden = ReadJsonFile(std::string(goldens) + "/metrics/vlm_outputs.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  const gre::testing::TemporaryFolder temporary;
  for (const auto& [model, expected] : golden->at("models").items()) {
    SCOPED_TRACE(model);
    Dataset dataset = gre::testing::MakeDataset(temporary / model);
    AddTruth(dataset, folder + "ground_truth.csv");
    const auto stored =
        StoreRecordedReplies(dataset, {.path = folder + model, .json_fields_only = true}, {}, {});
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    EXPECT_EQ(stored->records, expected.at("records").get<int64_t>());
    EXPECT_EQ(stored->unmatched, expected.at("without_truth").get<int64_t>());
    const auto scored = expected.at("scored").get<double>();
    for (const auto& [theta_km, share] : expected.at("accuracy_geodesic_unparsed_wrong").items()) {
      DivisionOptions options;
      options.filter_theta_km = *ParseDouble(theta_km);
      options.judge_photos = 0;
      const auto divided = DividePhotos(dataset, options, {});
      ASSERT_TRUE(divided.ok()) << divided.error().message;
      EXPECT_EQ(divided->accepted, std::llround(share.get<double>() * scored)) << theta_km;
      EXPECT_EQ(*EntryTable(dataset.database()).Count(DataPart::kCot), divided->accepted);
    }
  }
}

}  // namespace
}  // namespace gre
