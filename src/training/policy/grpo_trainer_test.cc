#include "training/policy/grpo_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "image/encode.h"
#include "support/temporary_folder.h"
#include "support/together.h"
#include "training/tuning/sft_tuner.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

// Photos of one colour with places or labels. The small model's replies are noise at first, so the
// reward that can be learnt is a length: none of the parts fits, and the tests look at what does
// not depend on it, or fine-tune first.
class GrpoTrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json seed = nlohmann::json::array(), judge = seed, cot = seed;
    for (int i = 0; i < 4; ++i) {
      std::vector<uint8_t> pixels(56 * 56 * 3, static_cast<uint8_t>(60 * i));
      const std::string name = Concat({"p", std::to_string(i), ".jpg"});
      ASSERT_TRUE(
          WriteFileAtomically(folder_ / name, *EncodeJpeg({56, 56, std::move(pixels)})).ok());
      const auto record = [&](const std::string& question, const std::string& answer) {
        return nlohmann::json{{"conversations",
                               {{{"from", "human"}, {"value", "<image>" + question}},
                                {{"from", "gpt"}, {"value", answer}}}},
                              {"images", {name}},
                              {"latitude", 40.5},
                              {"longitude", 10.0 * i}};
      };
      judge.push_back(record("Right?", "False"));
      seed.push_back(record("Where?", "<answer>40.5, 0</answer>"));
      for (const char* verdict :
           {"True", "False"}) {  // what is learnt first cannot tell them apart
        cot.push_back(
            record("Right?", Concat({"<think>Looks so.</think><answer>", verdict, "</answer>"})));
      }
    }
    Write("seed.json", seed);
    Write("judge.json", judge);
    Write("cot.json", cot);
    const std::string text = Concat(
        {"[model]\nbase = \"", GRE_SOURCE_DIR,
         "/tests/goldens/model\"\nmax_pixels = 3136\ndtype = \"float32\"\n[data]\ntrain = \"",
         folder_ / "seed.json",
         "\"\n[optim]\nlearning_rate = 0.005\nbatch_size = 2\nwarmup_ratio = 0\n[schedule]\n"
         "threads = 1\n[grpo]\nstage = \"place\"\nupdates = 4\ngroup_size = 4\n"
         "max_new_tokens = 12\nbeta = 0.04\n[rewards]\ndistance = 1\nformat = 1\ntheta_km = 750\n"
         "[checkpoint]\nevery_steps = 0\n"});
    ASSERT_TRUE(WriteFileAtomically(folder_ / "r.toml", text).ok());
  }
  void Write(const std::string& name, const nlohmann::json& records) const {
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, records.dump()).ok());
  }

  [[nodiscard]] Result<TrainingOutcome> Run(const std::string& directory,
                                            std::vector<std::string> overrides = {},
                                            bool resume = false) const {
    overrides.push_back("checkpoint.directory=\"" + (folder_ / directory) + "\"");
    return RunGrpo({folder_ / "r.toml", overrides, resume}, none_);
  }
  [[nodiscard]] std::vector<Json> LogOf(const std::string& directory) const {
    std::vector<Json> lines;
    const std::string log = ReadFile(folder_ / (directory + "/log.jsonl")).value();
    for (const std::string_view line : Split(Trim(log), '\n')) {
      Json json = ParseJson(line).value();
      if (json.contains("start")) continue;
      for (const char* key :
           {"seconds", "rollout_seconds", "tokens_per_second", "peak_resident_bytes"}) {
        json.erase(key);
      }
      lines.push_back(std::move(json));
    }
    return lines;
  }
  [[nodiscard]] std::string Adapter(const std::string& directory) const {
    return ReadFile(folder_ / (directory + "/best/adapter_model.safetensors")).value();
  }

  testing::TemporaryFolder folder_;
  CancellationToken none_;
};

TEST_F(GrpoTrainerTest, StoppedAfterEveryUpdateItEndsBitForBitTheSame) {
  const auto calm = Run("calm");
  ASSERT_TRUE(calm.ok()) << calm.error().message;
  ASSERT_TRUE(Run("stopped", {"schedule.max_steps=1"}).ok());
  for (int i = 0; i < 3; ++i) {
    const auto status = Run("stopped", {"schedule.max_steps=1"}, /*resume=*/true);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  EXPECT_EQ(LogOf("stopped"), LogOf("calm"));
  EXPECT_EQ(Adapter("stopped"), Adapter("calm"));
  // nothing earns a reward yet, which is counted
  EXPECT_EQ(LogOf("calm").front()["zero_advantage_groups"], 2);
  EXPECT_EQ(LogOf("calm").front()["kl"], 0);
  EXPECT_LT(LogOf("calm").front()["engine_mismatch"].get<double>(), 1e-3);
}

// Two processes draw the same completions, and learn what one learns.
TEST_F(GrpoTrainerTest, TwoProcessesTrainAsOneDoes) {
  const std::vector<std::string> recipe = {"optim.batch_size=3", "grpo.iterations=2",
                                           "grpo.scale=batch", "grpo.resample=2"};
  const auto one = Run("one", recipe);
  ASSERT_TRUE(one.ok()) << one.error().message;
  testing::RunTogether(2, [&](const TrainingProcesses& processes) {
    std::vector<std::string> overrides = recipe;
    overrides.push_back("checkpoint.directory=\"" + (folder_ / "two") + "\"");
    const auto outcome = RunGrpo({folder_ / "r.toml", overrides, false, processes}, none_);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  });
  const std::vector<Json> expected = LogOf("one"), found = LogOf("two");
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    for (const auto& [key, value] : expected[i].items()) {
      if (!value.is_number_float()) {
        if (value.is_number() || value.is_null()) {
          EXPECT_EQ(found[i][key], value) << key;
        }
        continue;
      }
      EXPECT_NEAR(found[i][key].get<double>(), value.get<double>(),
                  1e-4 * std::max(1.0, std::abs(value.get<double>())))
          << key << " of update " << i + 1;
    }
  }
}

// Fine-tuned to say True and False of every photo alike, it is right half of the time; every
// photo's label is False.
class VerdictTest : public GrpoTrainerTest {
 protected:
  [[nodiscard]] Result<TrainingOutcome> FineTune(const std::vector<std::string>& overrides) const {
    const std::string sft = Concat(
        {"[model]\nbase = \"", GRE_SOURCE_DIR,
         "/tests/goldens/model\"\nmax_pixels = 3136\ndtype = \"float32\"\n[data]\ntrain = \"",
         folder_ / "cot.json",
         "\"\n[optim]\nlearning_rate = 0.02\nbatch_size = 8\nwarmup_ratio = 0\nshape = "
         "\"constant\"\n[schedule]\nthreads = 1\nepochs = 60\n[checkpoint]\nevery_steps = 0\n"
         "directory = \"",
         folder_ / "sft", "\"\n"});
    GRE_RETURN_IF_ERROR(WriteFileAtomically(folder_ / "sft.toml", sft));
    return RunTuning({folder_ / "sft.toml", overrides}, none_);
  }
  [[nodiscard]] Result<TrainingOutcome> Reinforce(std::vector<std::string> overrides) const {
    overrides.insert(overrides.begin(),
                     {"data.train=\"" + (folder_ / "judge.json") + "\"", "grpo.stage=\"judge\"",
                      "optim.learning_rate=0.0005", "grpo.group_size=8", "grpo.max_new_tokens=40",
                      "optim.batch_size=4", "optim.shape=\"constant\"", "rewards.judge=1",
                      "rewards.format=0", "rewards.distance=0", "rewards.theta_km=0"});
    return Run("out", overrides);
  }
};

TEST_F(VerdictTest, VerdictsAreLearntFromTheRewardAlone) {
  const auto tuned = FineTune({});
  ASSERT_TRUE(tuned.ok()) << tuned.error().message;
  const auto status = Reinforce(
      {"model.adapter=\"" + (folder_ / "sft/best") + "\"", "grpo.updates=16", "grpo.beta=0"});
  ASSERT_TRUE(status.ok()) << status.error().message;
  const auto log = LogOf("out");
  std::string rewards;
  for (const Json& line : log) rewards += FormatFixed(line["reward"].get<double>(), 2) + " ";
  SCOPED_TRACE(rewards);
  EXPECT_LT(log.front()["reward"].get<double>(), 0.8);
  double last = 0;
  for (size_t i = log.size() - 4; i < log.size(); ++i) last += log[i]["reward"].get<double>() / 4;
  EXPECT_GT(last, 0.9);
}

// All weights learn; the reference is a copy of the base that stays as it was.
TEST_F(VerdictTest, FullTrainingHasItsReferenceBesideIt) {
  const auto tuned = FineTune({"tune.method=full", "optim.learning_rate=0.003"});
  ASSERT_TRUE(tuned.ok()) << tuned.error().message;
  const auto status = Reinforce({"model.base=\"" + (folder_ / "sft/best") + "\"",
                                 "tune.method=full", "grpo.updates=4", "grpo.beta=0.04"});
  ASSERT_TRUE(status.ok()) << status.error().message;
  const auto log = LogOf("out");
  EXPECT_NEAR(log.front()["kl"].get<double>(), 0, 1e-9);
  EXPECT_GT(log.back()["kl"].get<double>(), 1e-6);
}

// A regression: an interruption while completions were drawn lost all since the last checkpoint.
TEST_F(GrpoTrainerTest, AnInterruptionLeavesACheckpoint) {
  ASSERT_TRUE(Run("calm").ok());
  ASSERT_TRUE(Run("cut", {"schedule.max_steps=2"}).ok());
  CancellationToken cancelled;
  cancelled.Cancel();
  const auto status =
      RunGrpo({folder_ / "r.toml", {"checkpoint.directory=\"" + (folder_ / "cut") + "\""}, true},
              cancelled);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(Run("cut", {}, /*resume=*/true).ok());
  EXPECT_EQ(LogOf("cut"), LogOf("calm"));
  EXPECT_EQ(Adapter("cut"), Adapter("calm"));
}

TEST_F(GrpoTrainerTest, AnUpdateThatFailsLeavesTheStateBeforeIt) {
  ASSERT_TRUE(Run("first", {"grpo.updates=1"}).ok());
  std::string bytes = Adapter("first");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - sizeof(nan), &nan, sizeof(nan));
  const std::string adapter = folder_ / "first/best";
  ASSERT_TRUE(WriteFileAtomically(adapter + "/adapter_model.safetensors", bytes).ok());
  const auto status = Run("out", {"model.adapter=\"" + adapter + "\""});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("not finite"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/step_0"));
  EXPECT_EQ(Adapter("out"), bytes);
}

TEST_F(GrpoTrainerTest, SeveralUpdatesARolloutClipAndEveryLossRuns) {
  for (const char* loss : {"grpo", "bnpo", "dr_grpo", "dapo"}) {
    const auto status =
        Run(loss, {Concat({"grpo.loss=\"", loss, "\""}), "grpo.iterations=2", "grpo.updates=1",
                   "grpo.importance=\"sequence\"", "grpo.scale=\"none\"", "grpo.resample=2"});
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(LogOf(loss).front()["groups"], 4);
  }
}

TEST_F(GrpoTrainerTest, WrongRecipesAreRefusedWithKeyValueAndRange) {
  const auto refusal = [&](const std::string& setting) {
    const auto status = Run("refused", {setting});
    EXPECT_FALSE(status.ok()) << setting;
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_THAT(refusal("grpo.stage=\"two\""), HasSubstr("judge (stage I) or place (stage II)"));
  EXPECT_THAT(refusal("grpo.updates=0"), HasSubstr("grpo.updates: expected at least 1"));
  EXPECT_THAT(refusal("grpo.group_size=1"), HasSubstr("grpo.group_size: expected 2 to 1024"));
  EXPECT_THAT(refusal("rewards.theta_km=0"), HasSubstr("rewards.theta_km"));
  EXPECT_THAT(refusal("rewards.theta_last_km=900"), HasSubstr("0 to rewards.theta_km"));
  EXPECT_THAT(refusal("rewards.lenght=1"), HasSubstr("rewards.lenght"));
  EXPECT_THAT(refusal("grpo.stage=\"judge\""), HasSubstr("no record is left"));
}

}  // namespace
}  // namespace gre
