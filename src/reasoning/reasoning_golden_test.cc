#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "reasoning/answer_parser.h"

namespace gre {
namespace {

TEST(AnswerGolden, ReadsTheReferenceCases) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  if (goldens == nullptr) GTEST_SKIP() << "GRE_GOLDENS is not set: no reference answers";
  const Result<Json> file = ReadJsonFile(std::string(goldens) + "/rewards/cases.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& cases = file->at("parse");
  ASSERT_EQ(cases.size(), 44u);
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
