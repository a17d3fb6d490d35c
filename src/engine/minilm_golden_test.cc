// The vectors of all-MiniLM-L6-v2 against sentence-transformers' own.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "engine/local_embedder.h"
#include "support/minilm.h"
#include "tokenizer/wordpiece.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr double kTolerance = 1e-5;

std::vector<float> Values(const Checkpoint& checkpoint, const std::string& name) {
  const auto bytes = checkpoint.Find(name)->bytes();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TEST(MiniLmGoldenTest, IdsAndVectors) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  if (goldens == nullptr) GTEST_SKIP() << "GRE_GOLDENS is not set: no golden results to compare";
  const auto directory = testing::MiniLmDirectory();
  if (!directory) GTEST_SKIP() << "no weights: run tools/setup/fetch_minilm.sh";
  const std::string folder = std::string(goldens) + "/minilm";
  const Json golden = ReadJsonFile(folder + "/cases.json").value();
  const Checkpoint tensors = Checkpoint::OpenFile(folder + "/tensors.safetensors").value();
  const auto tokenizer = WordPieceTokenizer::FromDirectory(*directory);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto embedder = LoadLocalEmbedder(*directory, "all-MiniLM-L6-v2", 0, at::kCPU);
  ASSERT_TRUE(embedder.ok()) << embedder.error().message;
  EXPECT_EQ((*embedder)->info().max_tokens, 256);
  std::vector<std::string> texts;
  for (const Json& c : golden["cases"]) {
    texts.push_back(c["text"]);
    EXPECT_EQ(tokenizer->Encode(texts.back(), 256).ids, c["ids"].get<std::vector<int32_t>>());
  }
  const Vectors vectors = (*embedder)->EmbedSentences(texts).value();
  const std::vector<TokenVectors> tokens = (*embedder)->EmbedTokens(texts).value();
  double largest_sentence = 0;
  double largest_token = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string name = std::to_string(i);
    const std::vector<float> embedding = Values(tensors, name + ".embedding");
    ASSERT_EQ(embedding.size(), vectors[i].size());
    for (size_t k = 0; k < embedding.size(); ++k) {
      largest_sentence = std::max(largest_sentence, std::abs(double{embedding[k]} - vectors[i][k]));
    }
    if (tensors.Find(name + ".tokens") == nullptr) continue;
    const std::vector<float> states = Values(tensors, name + ".tokens");  // with begin and end
    ASSERT_EQ(states.size(), tokens[i].values.size() + 2 * embedding.size());
    for (size_t k = 0; k < tokens[i].values.size(); ++k) {
      const double expected = states[embedding.size() + k];
      largest_token = std::max(largest_token, std::abs(expected - tokens[i].values[k]));
    }
  }
  EXPECT_LT(largest_sentence, kTolerance);
  EXPECT_LT(largest_token, kTolerance);
  RecordProperty("largest_sentence_difference", std::to_string(largest_sentence));
  RecordProperty("largest_token_difference", std::to_string(largest_token));
}

}  // namespace
}  // namespace gre
