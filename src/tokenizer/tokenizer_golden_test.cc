#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "support/golden_test.h"
#include "tokenizer/chat_template.h"
#include "tokenizer/streaming_detokenizer.h"
#include "tokenizer/tokenizer.h"

namespace gre {
namespace {

// Results of Hugging Face tokenizers; the large set has the real Qwen2.5 vocabulary.
class TokenizerGoldenTest : public testing::GoldenTest {
 protected:
  void SetUp() override {
    GoldenTest::SetUp();
    if (IsSkipped()) return;
    Result<Tokenizer> tokenizer = Tokenizer::FromFile(folder() + "/model/tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    tokenizer_ = std::move(*tokenizer);
  }

  [[nodiscard]] std::vector<Json> Cases() const {
    std::vector<Json> cases;
    std::ifstream file(folder() + "/tokenizer/cases.jsonl");
    for (std::string line; std::getline(file, line);) cases.push_back(ParseJson(line).value());
    return cases;
  }

  std::optional<Tokenizer> tokenizer_;
};
GRE_INSTANTIATE_GOLDENS(TokenizerGoldenTest);

TEST_P(TokenizerGoldenTest, EncodesAndDecodesExactly) {
  const std::vector<Json> cases = Cases();
  ASSERT_FALSE(cases.empty());
  for (const Json& c : cases) {
    const auto ids = c["ids"].get<std::vector<int32_t>>();
    if (!c["text"].is_null()) {
      EXPECT_EQ(tokenizer_->Encode(c["text"].get<std::string>(), true), ids) << c["text"];
    }
    EXPECT_EQ(tokenizer_->Decode(ids, false), c["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer_->Decode(ids, true), c["decoded_skip_special"].get<std::string>());
  }
}

TEST_P(TokenizerGoldenTest, StreamsWhatItDecodes) {
  for (const Json& c : Cases()) {
    StreamingDetokenizer stream(*tokenizer_, true);
    std::string text;
    for (const int32_t id : c["ids"].get<std::vector<int32_t>>()) text += stream.Append(id);
    text += stream.Flush();
    EXPECT_EQ(text, c["decoded_skip_special"].get<std::string>());
  }
}

TEST_P(TokenizerGoldenTest, RendersChatsAsTheTemplateDoes) {
  const Result<QwenChatTemplate> chat_template = QwenChatTemplate::Create(*tokenizer_);
  ASSERT_TRUE(chat_template.ok());
  const Json cases = ReadJsonFile(folder() + "/forward/cases.json").value();
  int compared = 0;
  for (const auto& [name, prompt] : cases["prompts"].items()) {
    if (!prompt.contains("chat")) continue;
    std::vector<ChatTurn> turns;
    std::vector<size_t> image_tokens;
    for (const Json& message : prompt["chat"]) {
      ChatTurn turn{message["role"].get<std::string>(), {}};
      if (message["content"].is_string()) {
        turn.parts.emplace_back(message["content"].get<std::string>());
      } else {
        for (const Json& part : message["content"]) {
          if (part["type"] == "image") {
            turn.parts.emplace_back(ImageSlot{});
            image_tokens.push_back(1);
          } else {
            turn.parts.emplace_back(part["text"].get<std::string>());
          }
        }
      }
      turns.push_back(std::move(turn));
    }
    const auto ids = chat_template->Render(turns, image_tokens, true);
    ASSERT_TRUE(ids.ok()) << ids.error().message;
    EXPECT_EQ(*ids, tokenizer_->Encode(prompt["rendered"].get<std::string>(), true)) << name;
    ++compared;
  }
  EXPECT_GT(compared, 2);
}

TEST_P(TokenizerGoldenTest, AcceptsTheModelsChatTemplate) {
  const Json file = ReadJsonFile(folder() + "/model/chat_template.json").value();
  const auto text = file["chat_template"].get<std::string>();
  EXPECT_TRUE(QwenChatTemplate::CheckTemplate(text).ok());
  EXPECT_TRUE(QwenChatTemplate::CheckTemplate(text + "\n").ok());
  const Status other = QwenChatTemplate::CheckTemplate(text + "{{ messages }}");
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("templates are not executed"), std::string::npos);
}

}  // namespace
}  // namespace gre
