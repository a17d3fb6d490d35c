#include "tokenizer/wordpiece.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A made-up vocabulary with what transformers makes of texts
// (tools/reference/embedding_goldens.py).
const std::string& TinyBert() {
  static const std::string kFolder = std::string(GRE_SOURCE_DIR) + "/tests/goldens/tiny_bert";
  return kFolder;
}

std::string VocabularyText() { return ReadFile(TinyBert() + "/vocab.txt").value(); }

TEST(WordPieceTest, GivesTheIdsOfTransformers) {
  const auto from_json = WordPieceTokenizer::FromDirectory(TinyBert());
  const auto from_lines = WordPieceTokenizer::FromVocabulary(VocabularyText());
  const WordPieceOptions cased{.split_han = false, .lower_case = false, .strip_accents = false};
  const auto from_lines_cased = WordPieceTokenizer::FromVocabulary(VocabularyText(), cased);
  ASSERT_TRUE(from_json.ok()) << from_json.error().message;
  ASSERT_TRUE(from_lines.ok() && from_lines_cased.ok());
  const Json golden = ReadJsonFile(TinyBert() + "/golden.json").value();
  for (const Json& c : golden["cases"]) {
    const auto text = c["text"].get<std::string>();
    const auto ids = c["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(from_json->Encode(text, 64).ids, ids) << text;
    EXPECT_EQ(from_lines->Encode(text, 64).ids, ids) << text;
    EXPECT_EQ(from_lines_cased->Encode(text, 64).ids, c["cased_ids"].get<std::vector<int32_t>>())
        << text;
  }
}

TEST(WordPieceTest, SaysWhenATextIsCutOff) {
  const auto tokenizer = WordPieceTokenizer::FromVocabulary(VocabularyText()).value();
  const TokenizedText whole = tokenizer.Encode("the beach the beach", 6);
  EXPECT_EQ(whole.ids.size(), 6u);
  EXPECT_FALSE(whole.truncated);
  const TokenizedText cut = tokenizer.Encode("the beach the beach", 5);
  EXPECT_EQ(cut.ids.size(), 5u);
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.ids.back(), whole.ids.back());
  EXPECT_TRUE(tokenizer.Encode("the", 2).truncated);
}

TEST(WordPieceTest, TokensInTheTextStayText) {
  const auto tokenizer = WordPieceTokenizer::FromVocabulary(VocabularyText()).value();
  const int32_t end = tokenizer.Encode("", 2).ids.back();
  const TokenizedText encoded = tokenizer.Encode("[SEP]", 32);
  EXPECT_GT(encoded.ids.size(), 3u);
  EXPECT_EQ(std::count(encoded.ids.begin(), encoded.ids.end(), end), 1);
}

TEST(WordPieceTest, ConfigurationGoesBeforeTheTokenizerFile) {
  testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "tokenizer.json",
                                  ReadFile(TinyBert() + "/tokenizer.json").value())
                  .ok());
  ASSERT_TRUE(
      WriteFileAtomically(folder / "tokenizer_config.json", R"({"do_lower_case": false})").ok());
  const auto cased = WordPieceTokenizer::FromDirectory(folder.path());
  ASSERT_TRUE(cased.ok()) << cased.error().message;
  EXPECT_FALSE(cased->options().lower_case);
  EXPECT_FALSE(cased->options().strip_accents);
  EXPECT_TRUE(cased->options().split_han);
  ASSERT_TRUE(
      WriteFileAtomically(folder / "tokenizer_config.json", R"({"do_lower_case": "no"})").ok());
  EXPECT_THAT(WordPieceTokenizer::FromDirectory(folder.path()).error().message,
              HasSubstr("do_lower_case: expected true or false, found \"no\""));
}

TEST(WordPieceTest, VocabularyLinesAreIds) {
  const auto tokenizer =
      WordPieceTokenizer::FromVocabulary("[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\na\r\n##b").value();
  EXPECT_THAT(tokenizer.Encode("ab b", 8).ids, ElementsAre(1, 4, 5, 0, 2));
  EXPECT_EQ(tokenizer.size(), 6);
}

TEST(WordPieceTest, ErrorsNameTheFieldTheExpectedAndTheFound) {
  const auto lines = [](std::string_view text) {
    return WordPieceTokenizer::FromVocabulary(text).error().message;
  };
  EXPECT_EQ(lines("[UNK]\n[CLS]\n"), "vocabulary: expected the token \"[SEP]\", found none");
  EXPECT_EQ(lines("a\nb\na\n"), "line 3: expected each piece once, found \"a\" again");
  Json json = ReadJsonFile(TinyBert() + "/tokenizer.json").value();
  const auto with = [&](const char* pointer, const Json& value) {
    Json changed = json;
    changed[Json::json_pointer(pointer)] = value;
    return WordPieceTokenizer::FromJson(changed.dump()).error().message;
  };
  EXPECT_EQ(with("/normalizer/type", "NFC"),
            "normalizer.type: expected \"BertNormalizer\", found \"NFC\"");
  EXPECT_EQ(with("/model/type", "BPE"), "model.type: expected \"WordPiece\", found \"BPE\"");
  EXPECT_EQ(with("/model/max_input_chars_per_word", 0),
            "model.max_input_chars_per_word: expected an integer from 1 to 65536, found 0");
  EXPECT_EQ(with("/model/vocab/the", -1),
            "model.vocab[\"the\"]: expected an id from 0 to 1048575, found -1");
  EXPECT_EQ(with("/model/vocab/the", 0),
            "model.vocab[\"the\"]: expected each piece and each id once, found one again");
  EXPECT_EQ(with("/post_processor/single", Json::array()),
            "post_processor.single: expected a token, the text and a token, found others");
  EXPECT_EQ(with("/pre_tokenizer/type", "Whitespace"),
            "pre_tokenizer.type: expected \"BertPreTokenizer\", found \"Whitespace\"");
}

}  // namespace
}  // namespace gre
