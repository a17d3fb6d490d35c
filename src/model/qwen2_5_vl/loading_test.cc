// Every way in which a model directory can be wrong, with the message that the user sees.
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "model/loader.h"
#include "model/precision.h"
#include "model/qwen2_5_vl/testing/tiny_checkpoint.h"

namespace gre {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string LoadError(const std::string& directory, const ModelLoadOptions& options = {}) {
  const auto model = LoadModel(directory, options);
  return model.ok() ? "" : model.error().message;
}

std::string ErrorAfter(const std::function<void(TinyCheckpoint&)>& spoil) {
  TinyCheckpoint checkpoint;
  spoil(checkpoint);
  checkpoint.Write();
  return LoadError(checkpoint.directory());
}

void Replace(const std::string& path, const std::string& content) {
  ASSERT_TRUE(WriteFileAtomically(path, content).ok());
}

at::Tensor StatesOf(const VisionLanguageModel& model) {
  const at::NoGradGuard no_grad;
  const std::vector<int32_t> ids = {5, 9, 200, 17};
  const at::Tensor positions = at::full({3, 4}, 1, at::kLong).cumsum(1);
  const AttentionSegment segment{AttentionSegment::Kind::kSequence, 0, 4, nullptr, {}};
  return model.Forward(model.Embed(ids, {}), positions, {&segment, 1}, {}).to(at::kFloat);
}

TEST(Qwen25VlLoadingTest, GoodDirectoryLoadsAndReportsNoProblem) {
  TinyCheckpoint checkpoint;
  checkpoint.Write();
  ASSERT_EQ(LoadError(checkpoint.directory()), "");
  const auto report = InspectModel(checkpoint.directory(), /*read_all_weights=*/true);
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->problems, IsEmpty());
  int64_t elements = 0;
  for (const auto& [name, tensor] : checkpoint.tensors()) elements += tensor.numel();
  EXPECT_EQ(report->text_parameters + report->vision_parameters, elements);
  EXPECT_EQ(report->kv_values_per_token, 2 * 2 * 2 * 8);
}

TEST(Qwen25VlLoadingTest, TensorProblemsNameTensorExpectedAndFound) {
  EXPECT_THAT(ErrorAfter([](auto& c) { c.tensors().erase("model.layers.1.mlp.up_proj.weight"); }),
              HasSubstr("tensor 'model.layers.1.mlp.up_proj.weight': expected [48, 32], found "
                        "nothing"));
  EXPECT_THAT(ErrorAfter([](auto& c) { c.tensors()["model.extra.weight"] = at::randn({3}); }),
              HasSubstr("tensor 'model.extra.weight': expected nothing, found [3]"));
  EXPECT_THAT(
      ErrorAfter([](auto& c) { c.tensors()["visual.merger.ln_q.weight"] = at::randn({7}); }),
      HasSubstr("tensor 'visual.merger.ln_q.weight': expected [32], found [7]"));
  EXPECT_THAT(
      ErrorAfter([](auto& c) { c.tensors()["model.visual.merger.ln_q.weight"] = at::randn({32}); }),
      HasSubstr("stands under its old and its new name"));
  // Untied, the head is needed; tied, a stray one is ignored as the reference does.
  EXPECT_THAT(ErrorAfter([](auto& c) { c.config()["tie_word_embeddings"] = false; }),
              HasSubstr("tensor 'lm_head.weight': expected [320, 32], found nothing"));
  EXPECT_EQ(ErrorAfter([](auto& c) { c.tensors()["lm_head.weight"] = at::randn({320, 32}); }), "");
}

TEST(Qwen25VlLoadingTest, ConfigProblemsNameFieldExpectedAndFound) {
  const auto with = [](const char* pointer, const Json& value) {
    return ErrorAfter([&](auto& c) { c.config()[Json::json_pointer(pointer)] = value; });
  };
  EXPECT_THAT(with("/model_type", "llama"),
              HasSubstr("model_type: expected one of \"qwen2_5_vl\""));
  EXPECT_THAT(with("/hidden_size", "wide"),
              HasSubstr("config.json: hidden_size: expected an integer from 1 to 1048576, found "
                        "\"wide\""));
  EXPECT_THAT(with("/num_hidden_layers", nullptr),
              HasSubstr("num_hidden_layers: expected an integer from 1 to 1024, found nothing"));
  EXPECT_THAT(with("/num_key_value_heads", 3),
              HasSubstr("num_key_value_heads: expected a divisor of num_attention_heads (4), found "
                        "3"));
  EXPECT_THAT(with("/rope_scaling/mrope_section", Json::array({1, 1, 1})),
              HasSubstr("rope_scaling.mrope_section: expected three integers with sum 4"));
  EXPECT_THAT(with("/rope_scaling/type", "yarn"),
              HasSubstr("rope_scaling.type: expected \"mrope\" or \"default\", found \"yarn\""));
  EXPECT_THAT(with("/use_sliding_window", true),
              HasSubstr("use_sliding_window: expected false, found true"));
  EXPECT_THAT(with("/hidden_act", "gelu"), HasSubstr("hidden_act: expected \"silu\""));
  EXPECT_THAT(with("/quantization_config", Json::object({{"bits", 4}})),
              HasSubstr("quantization_config: expected plain weights"));
  EXPECT_THAT(with("/vision_config/out_hidden_size", 64),
              HasSubstr("vision_config.out_hidden_size: expected the text model's hidden_size "
                        "(32), found 64"));
  EXPECT_THAT(with("/vision_config/window_size", 100),
              HasSubstr("vision_config.window_size: expected a multiple of 28, found 100"));
  EXPECT_THAT(with("/vision_config", nullptr),
              HasSubstr("vision_config: expected an object, found nothing"));
  EXPECT_THAT(with("/image_token_id", 1), HasSubstr("image_token_id: expected the tokenizer's"));
  // A wrong but consistent width shows as shapes of tensors.
  EXPECT_THAT(with("/intermediate_size", 64),
              HasSubstr("tensor 'model.layers.0.mlp.gate_proj.weight': expected [64, 32], found "
                        "[48, 32]"));
}

TEST(Qwen25VlLoadingTest, AHostileWidthIsRefused) {
  EXPECT_THAT(ErrorAfter([](auto& c) {
                c.config()["head_dim"] = 1 << 20;
                c.config()["rope_scaling"]["mrope_section"] = {1 << 17, 1 << 18, 1 << 17};
              }),
              HasSubstr("head_dim: expected at most 1048576 / num_attention_heads (4)"));
}

TEST(Qwen25VlLoadingTest, OdditiesAreNoted) {
  TinyCheckpoint checkpoint;
  checkpoint.tensors()["lm_head.weight"] = at::randn({320, 32});
  checkpoint.Write();
  const auto report = InspectModel(checkpoint.directory(), false);
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_THAT(report->notes, ElementsAre(HasSubstr("tie_word_embeddings is true, so the stored "
                                                   "lm_head.weight is not used")));
  EXPECT_EQ(report->stored_dtype, "float32");
}

TEST(Qwen25VlLoadingTest, AnUnknownChatTemplateNeedsTheFlag) {
  TinyCheckpoint checkpoint;
  checkpoint.Write();
  const std::string folder = checkpoint.directory();
  Replace(folder + "/chat_template.jinja", "{{ messages }}");
  EXPECT_THAT(LoadError(folder),
              AllOf(HasSubstr("chat_template.jinja: "), HasSubstr("(--chat-template qwen)")));
  EXPECT_EQ(LoadError(folder, {.builtin_chat_template = true}), "");
  std::filesystem::remove(folder + "/chat_template.jinja");
  Replace(folder + "/tokenizer_config.json", "{\"chat_template\": ");
  EXPECT_THAT(LoadError(folder), HasSubstr("tokenizer_config.json: not valid JSON"));
}

TEST(Qwen25VlLoadingTest, WeightsThatDoNotFitAreRefusedBeforeLoading) {
  TinyCheckpoint checkpoint;
  checkpoint.Write();
  EXPECT_THAT(LoadError(checkpoint.directory(), {.memory_bytes = 1000}),
              AllOf(HasSubstr("of memory in float32, 0.0 GiB are free"), HasSubstr("model")));
}

TEST(PrecisionTest, AutoTakesBFloat16OnlyWhereItIsFastOrNeeded) {
  const auto choose = [](const ModelLoadOptions& options, at::ScalarType stored, bool fast) {
    return ChoosePrecision(options, {stored, 1000, fast});
  };
  EXPECT_EQ(choose({}, at::kBFloat16, true)->dtype, at::kBFloat16);
  EXPECT_EQ(choose({}, at::kHalf, true)->dtype, at::kBFloat16);
  EXPECT_EQ(choose({}, at::kFloat, true)->dtype, at::kFloat);
  EXPECT_EQ(choose({}, at::kBFloat16, false)->dtype, at::kFloat);
  EXPECT_EQ(choose({.memory_bytes = 3000}, at::kBFloat16, false)->dtype, at::kBFloat16);
  EXPECT_EQ(choose({.dtype = at::kBFloat16}, at::kFloat, false)->dtype, at::kBFloat16);
  EXPECT_THAT(choose({.memory_bytes = 3000}, at::kFloat, true).error().message,
              HasSubstr("use the dtype bfloat16"));
  EXPECT_THAT(choose({.memory_bytes = 1000}, at::kBFloat16, true).error().message,
              HasSubstr("use a smaller model"));
}

TEST(Qwen25VlLoadingTest, InspectListsAllProblems) {
  TinyCheckpoint checkpoint;
  checkpoint.config()["hidden_act"] = "gelu";
  checkpoint.config()["vision_config"]["window_size"] = 100;
  checkpoint.Write();
  std::filesystem::remove(checkpoint.directory() + "/tokenizer.json");
  std::filesystem::resize_file(checkpoint.directory() + "/model.safetensors", 4000);
  const auto report = InspectModel(checkpoint.directory(), false);
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(
      report->problems,
      ElementsAre(HasSubstr("hidden_act"), HasSubstr("window_size"), HasSubstr("tokenizer.json"),
                  AllOf(HasSubstr("model.safetensors"), HasSubstr("truncated"))));
}

TEST(Qwen25VlLoadingTest, FilesThatAreMissingOrDamaged) {
  TinyCheckpoint checkpoint;
  checkpoint.Write();
  const std::string weights = checkpoint.directory() + "/model.safetensors";
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) - 4);
  EXPECT_THAT(LoadError(checkpoint.directory()), HasSubstr("truncated file: its data ends at"));
  std::filesystem::remove(weights);
  EXPECT_THAT(LoadError(checkpoint.directory()),
              HasSubstr("expected model.safetensors or model.safetensors.index.json"));
  Replace(checkpoint.directory() + "/config.json", "{\"model_type\": ");
  EXPECT_THAT(LoadError(checkpoint.directory()), HasSubstr("config.json"));
}

TEST(Qwen25VlLoadingTest, NonFiniteWeightsAreFoundWhenAllAreRead) {
  TinyCheckpoint checkpoint;
  checkpoint.tensors()["model.norm.weight"][3] = std::numeric_limits<float>::infinity();
  checkpoint.Write();
  EXPECT_THAT(InspectModel(checkpoint.directory(), true)->problems,
              ElementsAre(HasSubstr("tensor 'model.norm.weight': expected finite numbers")));
}

TEST(Qwen25VlLoadingTest, ShardsAndIndexMustAgree) {
  TinyCheckpoint checkpoint;
  checkpoint.Write();
  const auto reference = LoadModel(checkpoint.directory());
  ASSERT_TRUE(reference.ok());
  TensorMap first, second;
  Json index = {{"metadata", {{"total_size", 0}}}, {"weight_map", Json::object()}};
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    const bool early = first.size() < 10;
    (early ? first : second)[name] = tensor;
    index["weight_map"][name] = early ? "a.safetensors" : "b.safetensors";
  }
  const std::string folder = checkpoint.directory();
  WriteTensors(folder + "/a.safetensors", first);
  WriteTensors(folder + "/b.safetensors", second);
  std::filesystem::remove(folder + "/model.safetensors");
  const auto with_index = [&](const Json& json) {
    Replace(folder + "/model.safetensors.index.json", json.dump());
    return LoadError(folder);
  };
  EXPECT_EQ(with_index(index), "");
  const auto sharded = LoadModel(folder);
  ASSERT_TRUE(sharded.ok());
  EXPECT_TRUE(StatesOf(**sharded).equal(StatesOf(**reference)));

  const std::string name = first.begin()->first;
  Json wrong = index;
  wrong["weight_map"][name] = "b.safetensors";
  EXPECT_THAT(with_index(wrong), HasSubstr("'" + name + "' is mapped to b.safetensors but stands"));
  wrong = index;
  wrong["weight_map"].erase(name);
  EXPECT_THAT(with_index(wrong), HasSubstr("is not mapped"));
  wrong["weight_map"][name] = "../a.safetensors";
  EXPECT_THAT(with_index(wrong), HasSubstr("expected a plain file name"));
  wrong["weight_map"][name] = "c.safetensors";
  EXPECT_THAT(with_index(wrong), HasSubstr("c.safetensors"));
}

class AdapterTest : public testing::Test {
 protected:
  void SetUp() override {
    base_.Write();
    Put("model.layers.0.self_attn.q_proj", 4, 32, 32);
    Put("model.layers.1.mlp.down_proj", 4, 48, 32);
  }
  void Put(const std::string& module, int64_t rank, int64_t in, int64_t out) {
    tensors_["base_model.model." + module + ".lora_A.weight"] = at::randn({rank, in}).mul_(0.5);
    tensors_["base_model.model." + module + ".lora_B.weight"] = at::randn({out, rank}).mul_(0.5);
  }
  void Write() const {
    Replace(folder_.path() + "/adapter_config.json", config_.dump());
    WriteTensors(folder_.path() + "/adapter_model.safetensors", tensors_);
  }
  [[nodiscard]] std::unique_ptr<VisionLanguageModel> Load(bool merged) const {
    Write();
    auto model =
        LoadModel(base_.directory(), {.adapter_dir = folder_.path(), .merge_adapter = merged});
    EXPECT_TRUE(model.ok()) << model.error().message;
    return std::move(model).value();
  }
  [[nodiscard]] std::string Error() const {
    Write();
    return LoadError(base_.directory(), {.adapter_dir = folder_.path()});
  }
  std::string ErrorWith(const char* key, const Json& value) {
    const Json kept = config_;
    config_[key] = value;
    std::string error = Error();
    config_ = kept;
    return error;
  }

  TinyCheckpoint base_;
  TemporaryFolder folder_;
  TensorMap tensors_;
  Json config_ = {{"peft_type", "LORA"},
                  {"r", 4},
                  {"lora_alpha", 8},
                  {"bias", "none"},
                  {"target_modules", {"q_proj", "down_proj"}},
                  {"use_dora", false},
                  {"eva_config", nullptr},
                  {"loftq_config", Json::object()}};
};

TEST_F(AdapterTest, LiveEqualsMergedAndDiffersFromTheBase) {
  const at::Tensor live = StatesOf(*Load(false));
  const at::Tensor merged = StatesOf(*Load(true));
  EXPECT_TRUE(at::allclose(live, merged, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(live, StatesOf(**LoadModel(base_.directory())), 1e-2, 1e-2));
}

TEST_F(AdapterTest, RankAndAlphaPatternsAndStabilisedScaling) {
  const at::Tensor before = StatesOf(*Load(true));
  // The same update written with another scale: alpha 8 / r 4 = 2 = 4 / sqrt(4).
  config_["use_rslora"] = true;
  config_["lora_alpha"] = 4;
  EXPECT_TRUE(at::allclose(StatesOf(*Load(true)), before, 1e-4, 1e-5));
  // Two zero rows more leave the product alone; alpha 12 / r 6 = 2.
  config_["use_rslora"] = false;
  config_["lora_alpha"] = 8;
  config_["rank_pattern"] = {{"layers.1.mlp.down_proj", 6}};
  config_["alpha_pattern"] = {{".*down_proj", 12}};
  const std::string module = "base_model.model.model.layers.1.mlp.down_proj";
  at::Tensor& a = tensors_[module + ".lora_A.weight"];
  at::Tensor& b = tensors_[module + ".lora_B.weight"];
  a = at::cat({a, at::zeros({2, 48})});
  b = at::cat({b, at::zeros({32, 2})}, 1).contiguous();
  EXPECT_TRUE(at::allclose(StatesOf(*Load(true)), before, 1e-4, 1e-5));
}

TEST_F(AdapterTest, NewModuleNamesAreRead) {
  const at::Tensor before = StatesOf(*Load(true));
  TensorMap renamed;
  const std::string old_root = "base_model.model.model.";
  for (const auto& [name, tensor] : tensors_) {
    renamed["base_model.model.model.language_model." + name.substr(old_root.size())] = tensor;
  }
  tensors_ = renamed;
  EXPECT_TRUE(StatesOf(*Load(true)).equal(before));
}

TEST_F(AdapterTest, RefusesWhatChangesTheArithmetic) {
  EXPECT_THAT(ErrorWith("peft_type", "LOHA"), HasSubstr("peft_type: expected \"LORA\""));
  EXPECT_THAT(ErrorWith("use_dora", true), HasSubstr("use_dora: expected nothing"));
  EXPECT_THAT(ErrorWith("lora_bias", true), HasSubstr("lora_bias"));
  EXPECT_THAT(ErrorWith("bias", "all"), HasSubstr("bias: expected \"none\", found \"all\""));
  EXPECT_THAT(ErrorWith("modules_to_save", {"lm_head"}), HasSubstr("modules_to_save"));
  EXPECT_THAT(ErrorWith("loftq_config", Json::object({{"bits", 4}})), HasSubstr("loftq_config"));
  for (const char* beginning : {"pissa", "pissa_niter_4", "olora", "loftq", "corda", "lora_ga"}) {
    EXPECT_THAT(ErrorWith("init_lora_weights", beginning),
                HasSubstr("init_lora_weights: expected a plain LoRA"))
        << beginning;
  }
  EXPECT_EQ(ErrorWith("init_lora_weights", "gaussian"), "");
  EXPECT_EQ(ErrorWith("eva_config", Json::object({{"rho", 2}})), "");
  EXPECT_THAT(ErrorWith("layers_to_transform", {0}),
              HasSubstr("expected only layers of layers_to_transform"));
  EXPECT_THAT(ErrorWith("rank_pattern", {{"(", 4}}), HasSubstr("rank_pattern: expected regular"));
  EXPECT_THAT(ErrorWith("r", 5), HasSubstr("expected rank 5, found lora_A [4, 32]"));
}

TEST_F(AdapterTest, HeadAndEmbeddings) {
  const TensorMap plain = tensors_;
  Put("lm_head", 4, 32, 320);
  EXPECT_THAT(Error(), HasSubstr("lm_head.lora_A.weight': the base's head shares its embeddings"));
  base_.config()["tie_word_embeddings"] = false;
  base_.tensors()["lm_head.weight"] = at::randn({320, 32});
  base_.Write();
  EXPECT_EQ(Error(), "");
  tensors_ = plain;
  tensors_["base_model.model.model.embed_tokens.lora_embedding_A"] = at::randn({4, 320});
  EXPECT_THAT(Error(), HasSubstr("embed_tokens.lora_embedding_A': adapters of embeddings are not"));
}

TEST_F(AdapterTest, AdapterOfAnotherBaseIsRejectedByName) {
  Put("model.layers.7.mlp.up_proj", 4, 32, 48);
  EXPECT_THAT(Error(),
              HasSubstr("model.layers.7.mlp.up_proj.lora_A.weight': expected one of the base's 26 "
                        "linear layers, found 'model.layers.7.mlp.up_proj'"));
  tensors_.clear();
  Put("model.layers.0.mlp.up_proj", 4, 64, 48);
  EXPECT_THAT(Error(), HasSubstr("lora_A.weight': expected [4, 32], found [4, 64]"));
  tensors_["base_model.model.lm_head.weight"] = at::randn({2, 2});
  EXPECT_THAT(Error(), HasSubstr("tensor 'base_model.model.lm_head.weight'"));
}

}  // namespace
}  // namespace gre
