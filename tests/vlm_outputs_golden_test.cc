// Replies of real models, read (src/bench/vlm_outputs_golden_test.cc scores them).
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"

namespace gre {
namespace {

TEST(VlmOutputs, EveryReplyIsAPlaceOrARefusalAndHasAChain) {
  const char* data = std::getenv("GRE_SHARED_DATA");
  if (data == nullptr) GTEST_SKIP() << "GRE_SHARED_DATA is not set: no replies of real models";
  size_t replies = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(data) + "/vlm_outputs")) {
    if (entry.path().extension() != ".jsonl") continue;
    SCOPED_TRACE(entry.path().filename());
    const auto file = ReadFile(entry.path().string());
    ASSERT_TRUE(file.ok()) << file.error().message;
    for (const std::string_view line : Split(*file, '\n')) {
      if (Trim(line).empty()) continue;
      const auto record = ParseJson(line);
      ASSERT_TRUE(record.ok()) << record.error().message;
      const Json& text = record->at("raw_response");
      if (!text.is_string()) continue;  // the service failed
      const auto reply = text.get<std::string>();
      SCOPED_TRACE(reply);
      ++replies;
      EXPECT_NE(ParseReply(reply).status, AnswerStatus::kUnparsed);
      const Chain chain = ParseChain(reply);
      EXPECT_GE(chain.size(), 3u);
      EXPECT_LE(chain.size(), 6u);
      EXPECT_EQ(ParseChain(RenderChain(chain)), chain);
    }
  }
  EXPECT_GT(replies, 1000u);
}

}  // namespace
}  // namespace gre
