#include "training/export/training_export.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/random.h"
#include "core/strings.h"
#include "reasoning/answer_parser.h"
#include "rewards/reward_function.h"
#include "support/golden_test.h"
#include "support/temporary_folder.h"
#include "training/export/assets.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

bool HasPython() { return std::system("python3 -c '' > /dev/null 2>&1") == 0; }

struct ScoredText {
  std::string completion;
  RewardTruth truth;
  double theta_km = 0;
};

// What the exported module makes of the texts; `places` are those of country "FR".
Json ScoreInPython(const testing::TemporaryFolder& folder, const std::vector<ScoredText>& texts,
                   const Json& places) {
  Json cases = Json::array();
  for (const ScoredText& text : texts) {
    Json truth = Json::object();
    if (text.truth.label) truth["label"] = *text.truth.label;
    if (text.truth.point) {
      truth["latitude"] = text.truth.point->latitude_deg;
      truth["longitude"] = text.truth.point->longitude_deg;
    }
    if (!text.truth.places.empty()) truth["country_code"] = "FR";
    cases.push_back(Json::array({text.completion, truth, text.theta_km}));
  }
  EXPECT_TRUE(WriteFileAtomically(folder / "gre_rewards.py", RewardsPython()).ok());
  EXPECT_TRUE(WriteFileAtomically(folder / "gre_settings.json",
                                  DumpJson({{"weights", {{"distance", 2}, {"format", 1}}},
                                            {"theta_km", 25},
                                            {"places", {{"FR", places}}}}))
                  .ok());
  EXPECT_TRUE(WriteFileAtomically(folder / "cases.json", DumpJson(cases)).ok());
  const std::string script =
      "import json\nimport gre_rewards as g\n"
      "out = [g.score(*case) for case in json.load(open('cases.json', encoding='utf-8'))]\n"
      "out.append(g.compute_score('gre', '<think>a</think><answer>1, 2</answer>', "
      "'{\"latitude\": 1, \"longitude\": 2}'))\n"
      "out.append(g.format_reward(completions=[[{'role': 'assistant', 'content': "
      "'<think>a</think><answer>b</answer>'}], 'c'], truth=['{}', {}], prompts=None))\n"
      "json.dump(out, open('out.json', 'w'))\n";
  EXPECT_TRUE(WriteFileAtomically(folder / "run.py", script).ok());
  EXPECT_EQ(std::system(Concat({"cd '", folder.path(), "' && python3 run.py"}).c_str()), 0);
  return ReadJsonFile(folder / "out.json").value();
}

void ExpectEqual(const std::vector<ScoredText>& texts, const Json& python) {
  ASSERT_EQ(python.size(), texts.size() + 2);
  for (size_t i = 0; i < texts.size(); ++i) {
    const RewardParts ours =
        ScoreCompletion(texts[i].completion, texts[i].truth, texts[i].theta_km);
    for (const RewardPart part : {RewardPart::kJudge, RewardPart::kDistance, RewardPart::kFormat}) {
      const std::string name(RewardPartName(part));
      EXPECT_NEAR(python[i][name].get<double>(), ours[part], 1e-6)
          << name << " of " << texts[i].completion;
    }
  }
  EXPECT_EQ(python[texts.size()]["score"], 3);
  EXPECT_EQ(python[texts.size() + 1], Json::array({1.0, 0.0}));
}

using PythonRewardsGolden = testing::GoldenTest;
GRE_INSTANTIATE_GOLDENS(PythonRewardsGolden);

TEST_P(PythonRewardsGolden, EqualOurs) {
  if (!HasPython()) GTEST_SKIP() << "python3 is not installed";
  const Result<Json> file = ReadJsonFile(folder() + "/rewards/cases.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::vector<ScoredText> texts;
  for (const Json& each : file->at("rewards")) {
    ScoredText text = {each.at("completion"), {}, each.at("theta_km")};
    text.truth.point = LatLng{each.at("truth")[0], each.at("truth")[1]};
    texts.push_back(std::move(text));
  }
  for (const Json& each : file->at("judge")) {
    ScoredText text = {each.at("completion"), {}, 1};
    text.truth.label = each.at("label") == "True";
    texts.push_back(std::move(text));
  }
  const testing::TemporaryFolder temporary;
  ExpectEqual(texts, ScoreInPython(temporary, texts, Json::array()));
}

TEST(PythonRewardsTest, EqualOursOnRandomPlacesCountriesAndForms) {
  if (!HasPython()) GTEST_SKIP() << "python3 is not installed";
  Random random(11);
  const std::vector<LatLng> places = {{48, 2}, {43.3, 5.4}, {44.8, -0.6}};
  std::vector<ScoredText> texts;
  for (int i = 0; i < 300; ++i) {
    const LatLng answer = {random.Uniform(-90, 90), random.Uniform(-180, 180)};
    ScoredText text = {Concat({"<think>a</think>\n<answer>", RenderAnswer(answer), "</answer>"}),
                       {},
                       std::pow(10, random.Uniform(-1, 4))};
    if (i % 3 == 0) {
      text.truth.places = places;
    } else {  // near, far and nearly opposite
      const double spread = i % 3 == 1 ? 0.5 : 180;
      text.truth.point =
          LatLng{std::clamp(answer.latitude_deg + random.Uniform(-spread, spread), -90.0, 90.0),
                 std::remainder(answer.longitude_deg + random.Uniform(-spread, spread), 360)};
    }
    texts.push_back(std::move(text));
  }
  for (const char* form :
       {"<think>a</think> <answer>True</answer>", "<THINK>a</think><answer>yes.</answer>",
        "a</think><answer> no</answer>", "<think>a</think><answer>b</answer> ",
        "<answer>1, 2</answer>", "<think></think><answer></answer>", "", "<answer>Truth",
        "<think>a</think>\u00a0<answer>b</answer>", "<think><answer>true</answer></think>"}) {
    ScoredText text = {form, {}, 9};
    text.truth.label = true;
    texts.push_back(std::move(text));
  }
  Json points = Json::array();
  for (const LatLng& place : places) {
    points.push_back(Json::array({place.latitude_deg, place.longitude_deg}));
  }
  const testing::TemporaryFolder folder;
  ExpectEqual(texts, ScoreInPython(folder, texts, points));
}

class TrainingExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Json records = Json::array();
    for (const char* photo : {"china", "aitzgorri"}) {
      Json turns = Json::array();
      turns.push_back(Json{{"from", "human"}, {"value", "<image>Where's this?"}});
      turns.push_back(
          Json{{"from", "gpt"}, {"value", "<think>hills</think><answer>1, 2</answer>"}});
      Json record = Json::object();
      record["conversations"] = std::move(turns);
      record["images"] = Json::array({Concat({photo, ".jpg"})});
      record["gt_lat"] = 43;
      record["gt_lon"] = -2.5;
      records.push_back(std::move(record));
    }
    ASSERT_TRUE(WriteFileAtomically(folder_ / "data.json", DumpJson(records)).ok());
  }
  [[nodiscard]] Result<std::vector<std::string>> Export(
      const std::string& recipe, const std::string& engine,
      std::vector<std::string> overrides = {}) const {
    overrides.push_back("data.train=\"" + (folder_ / "data.json") + "\"");
    overrides.push_back(Concat({"data.root=\"", GRE_SOURCE_DIR, "/examples\""}));
    overrides.emplace_back("model.base=\"/models/it's 7B\"");
    return ExportTraining(Concat({GRE_SOURCE_DIR, "/recipes/", recipe}), overrides, engine,
                          folder_ / engine, none_);
  }
  [[nodiscard]] std::string Text(const std::string& file) const {
    return ReadFile(folder_ / file).value();
  }

  testing::TemporaryFolder folder_;
  CancellationToken none_;
};

TEST_F(TrainingExportTest, SupervisedRecipesGoToLlamaFactoryAndTrl) {
  const auto files = Export("qwen-lora.toml", "llamafactory");
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_THAT(*files,
              IsSupersetOf({"config.yaml", "gre_train.json", "dataset_info.json", "README.txt"}));
  const Json data = ReadJsonFile(folder_ / "llamafactory/gre_train.json").value();
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[0]["conversations"][0]["value"], "<image>Where's this?");
  EXPECT_THAT(Text("llamafactory/config.yaml"),
              HasSubstr("# optim.learning_rate\nlearning_rate: 1.0e-04\n"));
  const auto trl = Export("qwen-lora.toml", "trl");
  ASSERT_TRUE(trl.ok()) << trl.error().message;
  EXPECT_THAT(Text("trl/train.py"), HasSubstr("SFTTrainer("));
  const auto verl = Export("qwen-lora.toml", "verl");
  ASSERT_FALSE(verl.ok());
  EXPECT_THAT(verl.error().message, HasSubstr("llamafactory or trl"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "verl.partial"));
  const auto again = Export("qwen-lora.toml", "trl");
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().message, HasSubstr("exists"));
}

TEST_F(TrainingExportTest, ReinforcementGoesToVerlAndTrlWithItsRewards) {
  const std::vector<std::string> overrides = {"rewards.theta_km=750", "grpo.top_k=50"};
  const auto verl = Export("grpo-lora.toml", "verl", overrides);
  ASSERT_TRUE(verl.ok()) << verl.error().message;
  EXPECT_THAT(*verl, IsSupersetOf({"train.sh", "train.jsonl", "gre_rewards.py",
                                   "gre_rewards_http.py", "gre_settings.json"}));
  const std::string script = Text("verl/train.sh");
  EXPECT_THAT(script, HasSubstr("'actor_rollout_ref.rollout.top_k=50'"));
  EXPECT_THAT(script, HasSubstr("'actor_rollout_ref.model.path=/models/it'\\''s 7B'"));
  EXPECT_EQ(std::system(Concat({"bash -n '", folder_ / "verl/train.sh", "'"}).c_str()), 0);
  const std::string lines = Text("verl/train.jsonl");
  const Json record = ParseJson(Split(lines, '\n').at(0)).value();
  const Json truth = ParseJson(record["reward_model"]["ground_truth"].get<std::string>()).value();
  EXPECT_EQ(truth["latitude"], 43);
  EXPECT_EQ(ReadJsonFile(folder_ / "verl/gre_settings.json").value()["theta_km"], 750);
  const auto trl = Export("grpo-lora.toml", "trl", overrides);
  ASSERT_TRUE(trl.ok()) << trl.error().message;
  EXPECT_THAT(Text("trl/train.py"),
              HasSubstr("rewards = [gre_rewards.distance_reward, gre_rewards.format_reward]\n"
                        "weights = [1, 0.5]"));
  if (HasPython()) {
    EXPECT_EQ(
        std::system(Concat({"python3 -m py_compile '", folder_ / "trl/train.py", "'"}).c_str()), 0);
  }
  std::filesystem::remove_all(folder_ / "trl");
  ASSERT_TRUE(Export("grpo-lora.toml", "trl", {"rewards.theta_km=750", "rewards.chain=0.2"}).ok());
  EXPECT_THAT(Text("trl/train.py"), HasSubstr("gre_rewards_http.gre_reward"));
  EXPECT_THAT(Text("trl/README.txt"), HasSubstr("gre rewards serve --weights distance=1"));
  EXPECT_FALSE(Export("grpo-lora.toml", "llamafactory", overrides).ok());
}

}  // namespace
}  // namespace gre
