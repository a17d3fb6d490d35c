#include "training/plan/training_planner.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "support/temporary_folder.h"
#include "training/plan/model_shape.h"
#include "training/tuning/training_records.h"
#include "training/tuning/tuning_run.h"

namespace gre {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;

// config.json of Qwen2.5-VL-7B-Instruct, as far as sizes go.
const Json& SevenBillion() {
  static const Json config = {
      {"model_type", "qwen2_5_vl"},
      {"hidden_size", 3584},
      {"intermediate_size", 18944},
      {"num_hidden_layers", 28},
      {"num_attention_heads", 28},
      {"num_key_value_heads", 4},
      {"max_position_embeddings", 128000},
      {"rms_norm_eps", 1e-6},
      {"rope_theta", 1e6},
      {"hidden_act", "silu"},
      {"tie_word_embeddings", false},
      {"vocab_size", 152064},
      {"eos_token_id", 151645},
      {"image_token_id", 151655},
      {"torch_dtype", "bfloat16"},
      {"rope_scaling", {{"type", "mrope"}, {"mrope_section", {16, 24, 24}}}},
      {"vision_config",
       {{"depth", 32},
        {"hidden_act", "silu"},
        {"hidden_size", 1280},
        {"intermediate_size", 3420},
        {"num_heads", 16},
        {"out_hidden_size", 3584},
        {"patch_size", 14},
        {"spatial_merge_size", 2},
        {"window_size", 112},
        {"fullatt_block_indexes", {7, 15, 23, 31}},
        {"temporal_patch_size", 2},
        {"in_chans", 3}}}};
  return config;
}

class TrainingPlannerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(WriteFileAtomically(folder_ / "config.json", SevenBillion().dump()).ok());
  }
  [[nodiscard]] Result<TrainingPlan> Plan(const std::string& recipe,
                                          std::vector<std::string> overrides,
                                          const TrainingPlanOptions& options = {}) const {
    overrides.push_back("model.base=\"" + folder_.path() + "\"");
    return PlanTraining(std::string(GRE_SOURCE_DIR) + "/recipes/" + recipe, overrides, options,
                        none_);
  }
  [[nodiscard]] std::string Refusal(const std::string& recipe,
                                    const std::vector<std::string>& overrides) const {
    const auto plan = Plan(recipe, overrides);
    EXPECT_FALSE(plan.ok()) << recipe;
    return plan.ok() ? "" : plan.error().message;
  }

  const std::vector<std::string> stage_one_ = {"tune.method=lora"};
  const std::vector<std::string> stage_two_ = {
      "tune.method=lora",         "rewards.theta_km=750",    "rewards.theta_last_km=25",
      "rewards.theta_factor=0.5", "rewards.theta_level=0.5", "rewards.theta_hold=20"};
  testing::TemporaryFolder folder_;
  CancellationToken none_;
};

TEST_F(TrainingPlannerTest, SizesAreThoseOfThePublishedModel) {
  const Result<ModelShape> shape = ReadModelShape(folder_.path());
  ASSERT_TRUE(shape.ok()) << shape.error().message;
  EXPECT_EQ(shape->text_parameters, 7'615'616'512);
  EXPECT_EQ(shape->vision_parameters, 676'550'144);
  EXPECT_EQ(2 * shape->CacheValues(), 57'344);
  EXPECT_EQ(shape->AdapterParameters(
                {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}, 64),
            161'480'704);
}

TEST_F(TrainingPlannerTest, ThePublishedRecipesAreRefusedUntilWhatIsOpenIsGiven) {
  EXPECT_THAT(Refusal("gre-7b-ci.toml",
                      {"tune.method=lora", "optim.shape=cosine", "model.max_pixels=262144"}),
              HasSubstr("optim.warmup_ratio: expected a number"));
  EXPECT_THAT(Refusal("gre-7b-ci.toml",
                      {"optim.shape=cosine", "model.max_pixels=262144", "optim.warmup_ratio=0.1"}),
              HasSubstr("tune.method: expected lora or full"));
  EXPECT_THAT(Refusal("gre-7b-rl1.toml", {}), HasSubstr("tune.method"));
  for (size_t open = 1; open < stage_two_.size(); ++open) {
    std::vector<std::string> given = stage_two_;
    given.erase(given.begin() + static_cast<ptrdiff_t>(open));
    EXPECT_THAT(Refusal("gre-7b-rl2.toml", given),
                HasSubstr(std::string(Split(stage_two_[open], '=').at(0))));
  }
  const auto ci = Plan("gre-7b-ci.toml", {"tune.method=lora", "optim.shape=cosine",
                                          "model.max_pixels=262144", "optim.warmup_ratio=0.1"});
  ASSERT_TRUE(ci.ok()) << ci.error().message;
  EXPECT_EQ(ci->stage, "sft");
  EXPECT_FALSE(ci->updates.has_value());  // without records
  const auto one = Plan("gre-7b-rl1.toml", stage_one_);
  ASSERT_TRUE(one.ok()) << one.error().message;
  const auto two = Plan("gre-7b-rl2.toml", stage_two_);
  ASSERT_TRUE(two.ok()) << two.error().message;
  EXPECT_EQ(two->updates, 625);
  EXPECT_EQ(two->generated_per_update, 16 * 8 * 2048);
  EXPECT_EQ(two->trained_parameters, 161'480'704);
  EXPECT_EQ(two->memory.at(0).bytes, 2 * (7'615'616'512 + 676'550'144));
}

TEST_F(TrainingPlannerTest, WhatCannotFitSaysWhichSettingWouldMakeIt) {
  std::vector<std::string> settings = stage_two_;
  settings.emplace_back("optim.checkpoint_activations=false");
  const auto least = Plan("gre-7b-rl2.toml", stage_two_);
  ASSERT_TRUE(least.ok()) << least.error().message;
  TrainingPlanOptions options;
  options.device_bytes = least->peak_bytes;
  EXPECT_TRUE(Plan("gre-7b-rl2.toml", stage_two_, options)->fits());
  const auto kept = Plan("gre-7b-rl2.toml", settings, options);
  ASSERT_TRUE(kept.ok());
  EXPECT_FALSE(kept->fits());
  EXPECT_EQ(kept->suggestion, "optim.checkpoint_activations = true");
  options.device_bytes = int64_t{2} << 30;
  EXPECT_THAT(Plan("gre-7b-rl2.toml", stage_two_, options)->suggestion, HasSubstr("smaller"));
  // never more memory for less work
  for (const char* less : {"grpo.group_size=4", "grpo.max_new_tokens=1024", "lora.rank=8"}) {
    std::vector<std::string> lighter = stage_two_;
    lighter.emplace_back(less);
    EXPECT_THAT(Plan("gre-7b-rl2.toml", lighter)->peak_bytes, Lt(least->peak_bytes)) << less;
  }
}

TEST_F(TrainingPlannerTest, FullFineTuningWithAKlHoldsASecondModel) {
  const auto peak = [&](const char* beta) {
    std::vector<std::string> settings = stage_two_;
    settings.insert(settings.end(), {"tune.method=full", "model.adapter=", beta});
    const auto plan = Plan("gre-7b-rl2.toml", settings);
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    return plan.ok() ? plan->peak_bytes : 0;
  };
  EXPECT_EQ(peak("grpo.beta=0.04") - peak("grpo.beta=0"), 2 * (7'615'616'512 + 676'550'144));
}

TEST_F(TrainingPlannerTest, TimeComesFromTheRates) {
  TrainingPlanOptions options;
  options.teraflops = 100;
  const auto computed = Plan("gre-7b-rl2.toml", stage_two_, options);
  ASSERT_TRUE(computed.ok());
  EXPECT_DOUBLE_EQ(*computed->seconds, computed->operations_per_update / 100e12 * 625);
  options.gigabytes_per_second = 1000;
  EXPECT_THAT(*Plan("gre-7b-rl2.toml", stage_two_, options)->seconds, Gt(*computed->seconds));
  EXPECT_FALSE(Plan("gre-7b-rl2.toml", stage_two_)->seconds.has_value());
}

Json Record(const std::string& photo, const std::string& reply) {
  Json turns = Json::array();
  turns.push_back(Json{{"from", "human"}, {"value", "<image>Where was this taken?"}});
  if (!reply.empty()) turns.push_back(Json{{"from", "gpt"}, {"value", reply}});
  Json record = Json::object();
  record["conversations"] = std::move(turns);
  record["images"] = Json::array({photo + ".jpg"});
  return record;
}

// Lengths from headers and tokenizer are those of the prompts that training encodes.
TEST(TrainingPlannerRecordsTest, LengthsAreThoseOfTraining) {
  const testing::TemporaryFolder folder;
  const std::string root = GRE_SOURCE_DIR;
  Json records = Json::array();
  for (const char* photo : {"china", "aitzgorri", "picosdeeuropa"}) {
    records.push_back(Record(photo, "<think>hills</think><answer>1, 2</answer>"));
  }
  records.push_back(Record("china", ""));
  ASSERT_TRUE(WriteFileAtomically(folder / "cot.json", records.dump()).ok());
  const std::vector<std::string> overrides = {
      Concat({"model.base=\"", root, "/tests/goldens/model\""}), "model.max_pixels=20000",
      Concat({"data.train=\"", folder / "cot.json", "\""}),
      Concat({"data.root=\"", root, "/examples\""}),
      Concat({"checkpoint.directory=\"", folder / "out", "\""})};
  const CancellationToken none;
  const std::string recipe = root + "/recipes/qwen-lora.toml";
  const auto plan = PlanTraining(recipe, overrides, {}, none);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  ASSERT_TRUE(plan->records.has_value());
  EXPECT_EQ(plan->records->usable, 3);
  EXPECT_EQ(plan->records->left_out.size(), 1U);  // the one without a reply
  EXPECT_EQ(plan->updates, 3);                    // an update in each of three epochs

  auto config = TuningConfig::Load(recipe, overrides);
  ASSERT_TRUE(config.ok()) << config.error().message;
  const auto model = LoadTunedModel(*config);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto used = LoadRecords(*config, folder / "cot.json", RecordNeed::kReply, 0, **model, none);
  ASSERT_TRUE(used.ok()) << used.error().message;
  int64_t prompts = 0, replies = 0;
  for (const TrainingRecord& record : *used) {
    const EncodedRecord encoded = EncodeRecord(**model, record).value();
    prompts += static_cast<int64_t>(encoded.prompt.token_ids.size());
    replies += static_cast<int64_t>(encoded.reply.size());
  }
  EXPECT_NEAR(plan->records->mean_prompt_tokens, static_cast<double>(prompts) / 3, 24);
  EXPECT_NEAR(plan->records->mean_reply_tokens, static_cast<double>(replies) / 3, 1e-9);
}

}  // namespace
}  // namespace gre
