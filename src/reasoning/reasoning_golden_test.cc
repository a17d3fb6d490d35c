#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "reasoning/answer_parser.h"
#include "support/golden_test.h"

namespace gre {
namespace {

using AnswerGolden = testing::GoldenTest;
GRE_INSTANTIATE_GOLDENS(AnswerGolden);

TEST_P(AnswerGolden, ReadsTheReferenceCases) {
  const Result<Json> file = ReadJsonFile(folder() + "/rewards/cases.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& cases = file->at("parse");
  ASSERT_GE(cases.size(), 20u);
  for (const Json& expected : cases) {
    const std::string reply = expected.at("completion");
    const ParsedAnswer answer = ParseReply(reply, {.require_block = true});
    if (expected.at("latitude").is_null()) {
      EXPECT_FALSE(answer.point) << reply;
      EXPECT_NE(answer.status, AnswerStatus::kParsed) << reply;
      EXPECT_FALSE(answer.reason.empty()) << reply;
      continue;
    }
    ASSERT_TRUE(answer.point) << reply << ": " << answer.reason;
    EXPECT_NEAR(answer.point->latitude_deg, expected.at("latitude").get<double>(), 1e-9) << reply;
    EXPECT_NEAR(answer.point->longitude_deg, expected.at("longitude").get<double>(), 1e-9) << reply;
  }
}

}  // namespace
}  // namespace gre
