// The embedded model as the trainers of any model see it.
#include <cmath>
#include <memory>

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/strings.h"
#include "engine/local_engine.h"
#include "image/encode.h"
#include "model/gre_nano/model.h"
#include "model/loader.h"
#include "support/temporary_folder.h"
#include "training/initial_weights.h"
#include "training/nano_export.h"
#include "training/nano_text.h"
#include "training/policy/grpo_trainer.h"
#include "training/tuning/sft_tuner.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

// Everything at 1 or drawn small; the tower has no backbone to come from.
class DrawnTower : public WeightSource {
 public:
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override {
    const bool tower = name.starts_with("tower.");
    return drawn_.Get(tower ? "drawn." + name : name, shape);
  }

 private:
  InitialWeights drawn_{{}, 1, at::kFloat};
};

constexpr char kFrance[] = "8. [attribute/country] => France\n";
constexpr char kPeru[] = "8. [attribute/country] => Peru\n";

class NanoTuningTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string text = BuildNanoTokenizer();
    const Tokenizer tokenizer = Tokenizer::FromJson(text).value();
    NanoConfig config;
    config.image_size = 32;
    config.grid = 1;
    config.vocab_size = tokenizer.size();
    config.hidden_size = 32;
    config.intermediate_size = 32;
    config.num_layers = 1;
    config.num_heads = 2;
    config.num_kv_heads = 1;
    config.summary_size = 8;
    config.num_countries = 2;
    config.reads_chains = true;
    config.image_token_id = *tokenizer.TokenId(kNanoImageToken);
    config.begin_token_id = *tokenizer.TokenId(kNanoBeginToken);
    config.end_token_id = *tokenizer.TokenId(kNanoEndToken);
    const at::NoGradGuard no_grad;
    DrawnTower weights;
    NanoNetwork network(weights, config, at::kCPU);
    ASSERT_TRUE(ExportNano(folder_ / "base", network, text).ok());
    const std::vector<uint8_t> grey(32 * 32 * 3, 90);
    ASSERT_TRUE(WriteFileAtomically(folder_ / "p.png", EncodePng({32, 32, grey}).value()).ok());
    ASSERT_TRUE(WriteFileAtomically(
                    folder_ / "r.toml",
                    Concat({"[model]\nbase = \"", folder_ / "base", "\"\nimage_features = \"",
                            folder_ / "features", "\"\n[data]\ntrain = \"", folder_ / "train.json",
                            "\"\n[tune]\nmethod = \"full\"\n[optim]\nlearning_rate = 0.02\n"
                            "batch_size = 3\nmicro_batch_size = 3\nwarmup_ratio = 0\n"
                            "shape = \"constant\"\n[schedule]\nthreads = 1\n"
                            "[checkpoint]\nevery_steps = 0\ndirectory = \"",
                            folder_ / "out", "\"\n"}))
                    .ok());
  }
  void WriteRecords(const std::vector<std::pair<std::string, std::string>>& records) const {
    nlohmann::json json = nlohmann::json::array();
    for (const auto& [question, answer] : records) {
      json.push_back({{"image", "p.png"},
                      {"conversations",
                       {{{"from", "human"}, {"value", "<image>\n" + question}},
                        {{"from", "gpt"}, {"value", answer}}}}});
    }
    ASSERT_TRUE(WriteFileAtomically(folder_ / "train.json", json.dump()).ok());
  }
  // The greedy reply of a model to a question.
  static std::string Ask(const std::string& directory, const std::string& question) {
    std::shared_ptr<const VisionLanguageModel> model = LoadModel(directory, {}).value();
    LocalEngine engine(std::move(model), {EngineKind::kEmbedded, "nano", ""});
    GenerationRequest request;
    request.id = "p";
    request.images = {
        std::make_shared<const RgbImage>(RgbImage{32, 32, std::vector<uint8_t>(32 * 32 * 3, 90)})};
    request.messages = {{Role::kUser, {ContentPart::Image(0), ContentPart::Text(question)}}};
    request.sampling.max_new_tokens = 32;
    const auto results = engine.Generate(std::span(&request, 1), {}, CancellationToken());
    return results.front().ok() ? results.front()->completions.front().text
                                : results.front().error().message;
  }

  testing::TemporaryFolder folder_;
  CancellationToken none_;
};

TEST_F(NanoTuningTest, LearnsAPlaceAndToJudgeWhatOthersSay) {
  const std::string place = Concat({"<think>\n", kFrance, "</think>\n<answer>48.9, 2.4</answer>"});
  const std::string yes = Concat({"<think>\n", kFrance, "</think>\n<answer>True</answer>"});
  const std::string no = Concat({"<think>\n", kFrance, "</think>\n<answer>False</answer>"});
  const std::string right = Concat({"Is this right?\n", kFrance, "It says."});
  const std::string wrong = Concat({"Is this right?\n", kPeru, "It says."});
  WriteRecords({{"Where?", place}, {right, yes}, {wrong, no}});
  const auto outcome =
      RunTuning({folder_ / "r.toml", {"schedule.epochs=80"}, /*resume=*/false}, none_);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_LT(*outcome->last_loss, 0.1);
  EXPECT_EQ(Ask(folder_ / "out/best", "Where?"), place);
  EXPECT_EQ(Ask(folder_ / "out/best", right), yes);
  EXPECT_EQ(Ask(folder_ / "out/best", wrong), no);

  // only the language model has moved
  const auto before = GreNano::Load(folder_ / "base", {}).value();
  const auto after = GreNano::Load(folder_ / "out/best", {}).value();
  std::map<std::string, at::Tensor> weights;
  before->VisitParameters([&](const ParameterSlice& slice) { weights[slice.name] = slice.Get(); });
  after->VisitParameters([&](const ParameterSlice& slice) {
    const bool language = after->PartOf(slice.name) == ModelPart::kLanguage;
    EXPECT_EQ(weights.at(slice.name).equal(slice.Get()), !language) << slice.name;
  });
}

TEST_F(NanoTuningTest, FeaturesAreNotKeptOfATowerThatLearns) {
  WriteRecords({{"Where?", "<answer>48.9, 2.4</answer>"}});
  const auto refused = RunTuning({folder_ / "r.toml", {"tune.merger=true"}, false}, none_);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("model.image_features: expected none"));
}

TEST_F(NanoTuningTest, CoordinatesWithoutAChainAreLearntWhereTheyAreAskedFor) {
  const std::string answer = "<answer>48.9, 2.4</answer>";
  WriteRecords({{"Where?", answer}});
  const auto refused = RunTuning({folder_ / "r.toml", {}, false}, none_);
  ASSERT_FALSE(refused.ok());  // a record of Seed holds its truth for the reward, not as a reply
  EXPECT_THAT(refused.error().message, HasSubstr("no record is left"));
  const auto outcome = RunTuning(
      {folder_ / "r.toml", {"data.bare_answers=true", "schedule.epochs=60"}, false}, none_);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(Ask(folder_ / "out/best", "Where?"), answer);
}

TEST_F(NanoTuningTest, ReinforcementGoesOnFromWhatWasTaught) {
  const std::string reply = Concat({"<think>\n", kFrance, "</think>\n<answer>48.9, 2.4</answer>"});
  WriteRecords({{"Where?", reply}});
  ASSERT_TRUE(RunTuning({folder_ / "r.toml", {"schedule.epochs=60"}, false}, none_).ok());
  ASSERT_TRUE(WriteFileAtomically(folder_ / "seed.json",
                                  R"([{"image": "p.png", "instructions": "Where?",
                                       "gt_lat": 48.9, "gt_lon": 2.4}])")
                  .ok());
  const auto outcome =
      RunGrpo({folder_ / "r.toml",
               {"model.base=" + folder_ / "out/best", "data.train=" + folder_ / "seed.json",
                "checkpoint.directory=" + folder_ / "rl", "grpo.stage=place", "grpo.updates=2",
                "grpo.group_size=4", "grpo.max_new_tokens=32", "grpo.beta=0.1",
                "rewards.distance=1", "rewards.theta_km=750", "optim.batch_size=1",
                "optim.micro_batch_size=1", "optim.learning_rate=0.0001"},
               false},
              none_);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(Ask(folder_ / "rl/best", "Where?"), reply);
}

}  // namespace
}  // namespace gre
