#include "tokenizer/clip_tokenizer.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"

namespace gre {
namespace {

using testing::HasSubstr;

// A made-up vocabulary with what transformers makes of texts
// (tools/reference/embedding_goldens.py).
std::string TinyClip(const std::string& file) {
  return ReadFile(std::string(GRE_SOURCE_DIR) + "/tests/goldens/tiny_clip/" + file).value();
}

TEST(ClipTokenizerTest, GivesTheIdsOfTransformers) {
  const auto from_json = ClipTokenizer::FromJson(TinyClip("tokenizer.json"));
  const auto from_lists =
      ClipTokenizer::FromVocabulary(TinyClip("vocab.json"), TinyClip("merges.txt"));
  ASSERT_TRUE(from_json.ok()) << from_json.error().message;
  ASSERT_TRUE(from_lists.ok()) << from_lists.error().message;
  const Json golden = ParseJson(TinyClip("golden.json")).value();
  for (const Json& c : golden["cases"]) {
    const auto text = c["text"].get<std::string>();
    const auto ids = c["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(from_json->Encode(text, 24).ids, ids) << text;
    EXPECT_EQ(from_lists->Encode(text, 24).ids, ids) << text;
  }
  EXPECT_EQ(from_json->size(), static_cast<int32_t>(golden["cases"][0]["ids"].back()) + 1);
}

TEST(ClipTokenizerTest, TokensInTheTextStayText) {
  const auto tokenizer = ClipTokenizer::FromJson(TinyClip("tokenizer.json")).value();
  const TokenizedText encoded = tokenizer.Encode("<|endoftext|>", 24);
  EXPECT_EQ(std::count(encoded.ids.begin(), encoded.ids.end(), tokenizer.end_id()), 1);
  EXPECT_FALSE(encoded.truncated);
  EXPECT_TRUE(tokenizer.Encode("the street", 3).truncated);
}

TEST(ClipTokenizerTest, ErrorsNameTheFieldTheExpectedAndTheFound) {
  const Json json = ParseJson(TinyClip("tokenizer.json")).value();
  const auto with = [&](const char* pointer, const Json& value) {
    Json changed = json;
    changed[Json::json_pointer(pointer)] = value;
    return ClipTokenizer::FromJson(changed.dump()).error().message;
  };
  EXPECT_EQ(with("/model/end_of_word_suffix", nullptr),
            "model.end_of_word_suffix: expected \"</w>\", found null");
  EXPECT_THAT(with("/normalizer/normalizers/0/type", "NFKC"),
              HasSubstr("normalizer.normalizers[0].type: expected \"NFC\""));
  EXPECT_THAT(with("/pre_tokenizer/pretokenizers/0/pattern/Regex", ".*"),
              HasSubstr("pre_tokenizer.pretokenizers[0].pattern.Regex: expected"));
  EXPECT_THAT(with("/model/merges/3", "q zz</w>"),
              HasSubstr("model.merges[3]: expected two pieces of the vocabulary"));
  EXPECT_THAT(with("/model/vocab/x\u00ffy", 400), HasSubstr("the byte-level alphabet"));
  Json lacking = json;
  lacking["model"]["vocab"].erase("b</w>");
  EXPECT_THAT(ClipTokenizer::FromJson(lacking.dump()).error().message,
              HasSubstr("expected all 256 single bytes with and without \"</w>\", found 'b'"));
  EXPECT_EQ(ClipTokenizer::FromVocabulary(TinyClip("vocab.json"), "t h\nbeach\n").error().message,
            "merges.txt: line 2: expected two pieces, found one");
}

}  // namespace
}  // namespace gre
