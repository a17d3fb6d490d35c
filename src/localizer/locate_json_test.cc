#include "localizer/locate_json.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "localizer/locate_json_reader.h"
#include "localizer/testing/sample_results.h"
#include "support/schema_checker.h"

namespace gre {
namespace {

TEST(LocateJsonTest, MeetsThePublishedSchema) {
  const Json schema = ReadJsonFile(GRE_SOURCE_DIR "/docs/locate-schema.json").value();
  const testing::SchemaChecker checker(schema);
  for (const LocateResult& result : AllKindsOfResults()) {
    Json record = ParseJson(LocateJson(result)).value();
    EXPECT_EQ(checker.Check(record), "") << LocateJson(result, 1);
    record["answer"] = 3;  // the checker does check
    EXPECT_EQ(checker.Check(record), "$.answer: anyOf");
  }
}

TEST(LocateJsonTest, ComesBackThroughTheReader) {
  std::vector<LocateResult> results = AllKindsOfResults();
  results.push_back(FullResult());
  results.back().answer->confidence_source = ConfidenceSource::kGiven;
  for (const LocateResult& result : results) {
    const std::string record = LocateJson(result);
    EXPECT_EQ(record.find('\n'), std::string::npos);
    const Result<LocateResult> read = ReadLocateJson(record);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(LocateJson(*read), record);
  }
}

TEST(LocateJsonTest, StaysValidUtf8) {
  LocateResult result = AbstainedResult();
  result.file = "\xFF\xFE.jpg";
  EXPECT_TRUE(ParseJson(LocateJson(result)).ok());
}

}  // namespace
}  // namespace gre
