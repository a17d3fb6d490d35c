// Replies of real models, read and scored, against reference scores.
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "metrics/accuracy.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"

namespace gre {
namespace {

std::string Stem(std::string_view file) { return std::string(file.substr(0, file.rfind('.'))); }

// Columns image_id,"address, with commas",latitude,longitude,…
std::map<std::string, LatLng> ReadTruth(const std::string& path) {
  std::map<std::string, LatLng> truth;
  const auto file = ReadFile(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  if (!file.ok()) return truth;
  for (const std::string_view line : Split(*file, '\n')) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted) {
        cells.emplace_back();
      } else if (c != '"') {
        cells.back().push_back(c);
      }
    }
    if (cells.size() < 4) continue;
    const auto latitude = ParseDouble(cells[2]);
    const auto longitude = ParseDouble(cells[3]);
    if (latitude && longitude) truth[cells[0]] = {*latitude, *longitude};
  }
  return truth;
}

struct Reply {
  std::string id;
  std::string text;  // empty where the service failed
};

std::vector<Reply> ReadReplies(const std::string& path) {
  std::vector<Reply> replies;
  const auto file = ReadFile(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  if (!file.ok()) return replies;
  for (const std::string_view line : Split(*file, '\n')) {
    if (Trim(line).empty()) continue;
    const auto record = ParseJson(line);
    EXPECT_TRUE(record.ok()) << record.error().message;
    const Json& text = record->at("raw_response");
    replies.push_back({Stem(record->at("image_file").get<std::string>()),
                       text.is_string() ? text.get<std::string>() : ""});
  }
  return replies;
}

class VlmOutputs : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* goldens = std::getenv("GRE_GOLDENS");
    const char* data = std::getenv("GRE_SHARED_DATA");
    if (goldens == nullptr || data == nullptr) {
      GTEST_SKIP() << "GRE_GOLDENS or GRE_SHARED_DATA is not set: no replies of real models";
    }
    folder_ = std::string(data) + "/vlm_outputs/";
    const auto golden = ReadJsonFile(std::string(goldens) + "/metrics/vlm_outputs.json");
    ASSERT_TRUE(golden.ok()) << golden.error().message;
    models_ = golden->at("models");
    truth_ = ReadTruth(folder_ + "ground_truth.csv");
    ASSERT_GE(truth_.size(), 269u);
  }

  std::string folder_;
  Json models_;
  std::map<std::string, LatLng> truth_;
};

// The reference counts only latitude and longitude fields as answers (form json_fields); our parser
// reads more.
TEST_F(VlmOutputs, FieldAnswersScoreAsTheReference) {
  for (const auto& [model, expected] : models_.items()) {
    SCOPED_TRACE(model);
    size_t without_truth = 0;
    std::vector<double> geodesic_km;
    std::vector<double> haversine_km;
    double geoscore = 0;
    const std::vector<Reply> replies = ReadReplies(folder_ + model);
    for (const Reply& reply : replies) {
      const auto truth = truth_.find(reply.id);
      if (truth == truth_.end()) {
        ++without_truth;
        continue;
      }
      const ParsedAnswer answer = ParseReply(reply.text);
      if (!answer.point || answer.form != AnswerForm::kJsonFields) continue;
      geodesic_km.push_back(GeodesicDistanceKm(*answer.point, truth->second));
      haversine_km.push_back(HaversineDistanceKm(*answer.point, truth->second));
      geoscore += GeoScore(haversine_km.back());
    }
    const size_t scored = replies.size() - without_truth;
    const size_t unparsed = scored - geodesic_km.size();
    EXPECT_EQ(replies.size(), expected.at("records").get<size_t>());
    EXPECT_EQ(without_truth, expected.at("without_truth").get<size_t>());
    EXPECT_EQ(scored, expected.at("scored").get<size_t>());
    EXPECT_EQ(unparsed, expected.at("unparsed").get<size_t>());
    for (const double threshold_km : {1.0, 25.0, 200.0, 750.0, 2500.0}) {
      const std::string key = FormatFixed(threshold_km, 0);
      const auto check = [&](const char* table, double accuracy) {
        EXPECT_NEAR(accuracy, expected.at(table).at(key).get<double>(), 1e-9) << table << key;
      };
      check("accuracy_geodesic_unparsed_wrong",
            ThresholdAccuracy(geodesic_km, threshold_km, Boundary::kInclusive, unparsed));
      check("accuracy_haversine6371_unparsed_wrong",
            ThresholdAccuracy(haversine_km, threshold_km, Boundary::kInclusive, unparsed));
      check("accuracy_geodesic_parsed_only", ThresholdAccuracy(geodesic_km, threshold_km));
    }
    EXPECT_NEAR(Median(geodesic_km), expected.at("median_km_parsed").get<double>(), 1e-9);
    EXPECT_NEAR(Mean(geodesic_km), expected.at("mean_km_parsed").get<double>(), 1e-9);
    EXPECT_NEAR(geoscore / static_cast<double>(scored),
                expected.at("geoscore_mean_unparsed_zero").get<double>(), 1e-9);
  }
}

TEST_F(VlmOutputs, EveryReplyIsAPlaceOrARefusalAndHasAChain) {
  for (const auto& [model, expected] : models_.items()) {
    SCOPED_TRACE(model);
    for (const Reply& reply : ReadReplies(folder_ + model)) {
      if (reply.text.empty()) continue;
      SCOPED_TRACE(reply.text);
      EXPECT_NE(ParseReply(reply.text).status, AnswerStatus::kUnparsed);
      const Chain chain = ParseChain(reply.text);
      EXPECT_GE(chain.size(), 3u);
      EXPECT_LE(chain.size(), 6u);
      EXPECT_EQ(ParseChain(RenderChain(chain)), chain);
    }
  }
}

}  // namespace
}  // namespace gre
