#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/bert/model.h"
#include "model/loader.h"
#include "model/testing/spoilt_directory.h"
#include "model/testing/tensor_difference.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTinyBert = std::string(GRE_SOURCE_DIR) + "/tests/goldens/tiny_bert";

std::string ErrorAfter(const std::function<void(SpoiltDirectory&)>& spoil) {
  return LoadErrorAfter<BertEmbeddingModel>("tiny_bert", spoil);
}

// Against transformers (tools/reference/embedding_goldens.py), all texts in one pass.
TEST(BertTest, MeetsTheReference) {
  const auto model = BertEmbeddingModel::Load(kTinyBert, at::kCPU);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Json golden = ReadJsonFile(kTinyBert + "/golden.json").value();
  std::vector<TokenizedText> texts;
  for (const Json& c : golden["cases"]) {
    texts.push_back((*model)->Tokenize(c["text"].get<std::string>()));
    EXPECT_EQ(texts.back().ids, c["ids"].get<std::vector<int32_t>>());
  }
  const at::Tensor vectors = (*model)->SentenceVectors(texts);
  const at::Tensor last = (*model)->States(texts, 0);
  const at::Tensor first = (*model)->States(texts, 1);
  int64_t begin = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const Json& c = golden["cases"][i];
    const auto length = static_cast<int64_t>(texts[i].ids.size());
    const auto inner = [&](const at::Tensor& states) {
      return states.narrow(0, begin + 1, length - 2);
    };
    EXPECT_LT(LargestDifference(vectors[static_cast<int64_t>(i)], c["embedding"]), 1e-6);
    EXPECT_LT(LargestDifference(inner(last), c["tokens"]), 1e-5);
    EXPECT_LT(LargestDifference(inner(first), c["first_layer"]), 1e-5);
    begin += length;
  }
}

TEST(BertTest, ReadsOldNamesAndModelsWithHeads) {
  SpoiltDirectory directory("tiny_bert");
  std::map<std::string, SpoiltDirectory::Tensor> renamed;
  for (auto& [name, tensor] : directory.tensors()) {
    std::string old = "bert." + name;
    const size_t norm = old.find("LayerNorm.");
    if (norm != std::string::npos) {
      old.replace(norm, std::string::npos,
                  old.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
    }
    renamed[old] = tensor;
  }
  renamed["bert.pooler.dense.bias"] = {{16}, std::vector<float>(16)};
  renamed["cls.predictions.bias"] = {{7}, std::vector<float>(7)};
  directory.tensors() = renamed;
  directory.Write();
  const auto model = BertEmbeddingModel::Load(directory.path(), at::kCPU);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto plain = BertEmbeddingModel::Load(kTinyBert, at::kCPU).value();
  const std::vector<TokenizedText> texts = {plain->Tokenize("the beach")};
  EXPECT_TRUE((*model)->States(texts, 0).equal(plain->States(texts, 0)));
}

TEST(BertTest, ErrorsNameTensorsAndFields) {
  EXPECT_THAT(
      ErrorAfter([](auto& d) { d.tensors().erase("encoder.layer.1.output.dense.bias"); }),
      HasSubstr("tensor 'encoder.layer.1.output.dense.bias': expected [16], found nothing"));
  EXPECT_THAT(ErrorAfter([](auto& d) {
                d.tensors()["embeddings.LayerNorm.weight"] = {{3}, {1, 2, 3}};
              }),
              HasSubstr("tensor 'embeddings.LayerNorm.weight': expected [16], found [3]"));
  EXPECT_THAT(ErrorAfter([](auto& d) {
                d.tensors()["encoder.extra"] = {{1}, {1}};
              }),
              HasSubstr("tensor 'encoder.extra': expected nothing, found [1]"));
  const auto with = [](const char* key, const Json& value) {
    return ErrorAfter([&](auto& d) { d.config()[key] = value; });
  };
  EXPECT_THAT(with("model_type", "roberta"), HasSubstr("model_type: expected \"bert\""));
  EXPECT_THAT(with("hidden_act", "tanh"),
              HasSubstr("config.json: hidden_act: expected \"gelu\", \"gelu_new\""));
  EXPECT_THAT(with("num_attention_heads", 3),
              HasSubstr("num_attention_heads: expected a divisor of hidden_size (16), found 3"));
  EXPECT_THAT(with("position_embedding_type", "relative_key"),
              HasSubstr("position_embedding_type: expected \"absolute\""));
  EXPECT_THAT(with("vocab_size", 50), HasSubstr("tokenizer: expected at most vocab_size (50)"));
  EXPECT_THAT(ErrorAfter([](auto& d) { d.WriteText("tokenizer.json", "{"); }),
              HasSubstr("tokenizer.json: not valid JSON"));
}

TEST(BertTest, SentenceTransformersFilesDecideAboutPoolingAndLength) {
  SpoiltDirectory directory("tiny_bert");
  directory.WriteText("sentence_bert_config.json", R"({"max_seq_length": 12})");
  directory.WriteText("modules.json", R"([
      {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
      {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
      {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  directory.WriteText("1_Pooling/config.json",
                      R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
  directory.Write();
  const auto model = BertEmbeddingModel::Load(directory.path(), at::kCPU);
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ((*model)->max_tokens(), 12);
  EXPECT_EQ((*model)->pooling(), Pooling::kFirstToken);
  const std::vector<TokenizedText> texts = {(*model)->Tokenize("the beach")};
  const at::Tensor first = (*model)->States(texts, 0)[0];
  EXPECT_TRUE((*model)->SentenceVectors(texts)[0].allclose(first / first.norm()));

  directory.WriteText("1_Pooling/config.json",
                      R"({"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true})");
  EXPECT_THAT(BertEmbeddingModel::Load(directory.path(), at::kCPU).error().message,
              HasSubstr("1_Pooling/config.json: pooling_mode_max_tokens: expected false, found "
                        "true"));
  directory.WriteText("modules.json",
                      R"([{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  EXPECT_THAT(BertEmbeddingModel::Load(directory.path(), at::kCPU).error().message,
              HasSubstr("modules.json: [0].type: expected Transformer, Pooling or Normalize"));
}

TEST(BertTest, IsInspectedButDoesNotWriteText) {
  const auto report = InspectModel(kTinyBert, /*read_all_weights=*/true);
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_EQ(report->layers, 2);
  EXPECT_GT(report->text_parameters, 0);
  EXPECT_THAT(LoadModel(kTinyBert).error().message,
              HasSubstr("expected a model that writes text, found \"bert\", which only makes "
                        "vectors"));
}

}  // namespace
}  // namespace gre
