#include "training/tuning/sft_tuner.h"

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
#include "model/loader.h"
#include "support/temporary_folder.h"
#include "support/together.h"
#include "training/tuning/model_export.h"
#include "training/tuning/tuning_config.h"

namespace gre {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Four photos of one colour each, with their places as LLaMA-Factory's sharegpt has them.
class SftTunerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json records = nlohmann::json::array();
    for (int i = 0; i < 4; ++i) {
      std::vector<uint8_t> pixels(56 * 56 * 3, static_cast<uint8_t>(60 * i));
      const auto jpeg = EncodeJpeg({56, 56, std::move(pixels)});
      const std::string name = Concat({"p", std::to_string(i), ".jpg"});
      ASSERT_TRUE(WriteFileAtomically(folder_ / name, *jpeg).ok());
      const std::string place = Concat({std::to_string(10 * i), ".5, 20.25"});
      records.push_back({{"conversations",
                          {{{"from", "human"}, {"value", "<image>Where?"}},
                           {{"from", "gpt"},
                            {"value", "<think>1. Colour.</think><answer>" + place + "</answer>"}}}},
                         {"images", {name}}});
    }
    ASSERT_TRUE(WriteFileAtomically(folder_ / "train.json", records.dump()).ok());
    Recipe("");
  }

  void Recipe(const std::string& more) const {
    const std::string text =
        Concat({"[model]\nbase = \"", GRE_SOURCE_DIR, "/tests/goldens/model",
                "\"\nmax_pixels = 3136\ndtype = \"float32\"\n[data]\ntrain = \"",
                folder_ / "train.json", "\"\ndev = \"", folder_ / "train.json",
                "\"\n[optim]\nlearning_rate = 0.02\nbatch_size = 2\n"
                "warmup_ratio = 0\n[schedule]\nepochs = 3\nthreads = 1\n"
                "[evaluation]\nanswers = 2\nmax_new_tokens = 8\n"
                "[checkpoint]\nevery_steps = 0\n",
                more});
    ASSERT_TRUE(WriteFileAtomically(folder_ / "r.toml", text).ok());
  }

  [[nodiscard]] Result<TrainingOutcome> Run(const std::string& directory,
                                            std::vector<std::string> overrides = {},
                                            bool resume = false) const {
    overrides.push_back("checkpoint.directory=\"" + (folder_ / directory) + "\"");
    return RunTuning({folder_ / "r.toml", overrides, resume}, none_);
  }
  // The same by `size` processes.
  void RunTogether(int size, const std::string& directory, std::vector<std::string> overrides = {},
                   bool resume = false) const {
    overrides.push_back("checkpoint.directory=\"" + (folder_ / directory) + "\"");
    testing::RunTogether(size, [&](const TrainingProcesses& processes) {
      const auto outcome = RunTuning({folder_ / "r.toml", overrides, resume, processes}, none_);
      EXPECT_TRUE(outcome.ok()) << processes.rank << ": " << outcome.error().message;
    });
  }
  [[nodiscard]] std::string Adapter(const std::string& directory) const {
    return ReadFile(folder_ / (directory + "/best/adapter_model.safetensors")).value();
  }
  // The losses of a run's updates.
  [[nodiscard]] std::vector<double> Losses(const std::string& directory) const {
    std::vector<double> losses;
    const std::string log = ReadFile(folder_ / (directory + "/log.jsonl")).value();
    for (const std::string_view line : Split(Trim(log), '\n')) {
      const Json json = ParseJson(line).value();
      if (json.contains("loss")) losses.push_back(json["loss"].get<double>());
    }
    return losses;
  }

  testing::TemporaryFolder folder_;
  CancellationToken none_;
};

TEST_F(SftTunerTest, LearnsAndLeavesAnAdapterThatLoads) {
  const auto outcome = Run("out");
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  const std::vector<double> losses = Losses("out");
  ASSERT_EQ(losses.size(), 6U);
  EXPECT_LT(losses.back(), 0.7 * losses.front());
  EXPECT_EQ(outcome->updates, 6);
  EXPECT_EQ(outcome->last_loss, losses.back());
  ASSERT_TRUE(outcome->best);
  EXPECT_LT(outcome->best->value, losses.front());
  ModelLoadOptions options;
  options.adapter_dir = folder_ / "out/best";
  const auto model = LoadModel(std::string(GRE_SOURCE_DIR) + "/tests/goldens/model", options);
  EXPECT_TRUE(model.ok()) << model.error().message;
}

TEST_F(SftTunerTest, StoppedAfterEveryUpdateItEndsBitForBitTheSame) {
  ASSERT_TRUE(Run("calm").ok());
  ASSERT_TRUE(Run("stopped", {"schedule.max_steps=1"}).ok());
  const auto refused = Run("stopped");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("--resume"));
  for (int i = 0; i < 5; ++i) {
    const auto status = Run("stopped", {"schedule.max_steps=1"}, /*resume=*/true);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  EXPECT_EQ(Losses("stopped"), Losses("calm"));
  EXPECT_EQ(Adapter("stopped"), Adapter("calm"));
  EXPECT_THAT(Run("stopped", {"lora.rank=4"}, /*resume=*/true).error().message,
              HasSubstr("other settings or data: lora.rank was 8, is 4; take them back"));
}

// Ranks differ in what they hold: one record each, two or none in an update, moments of other
// parameters.
TEST_F(SftTunerTest, TwoProcessesTrainAsOneDoesAndGoOnFromEachOthersCheckpoints) {
  const std::vector<std::string> three = {"optim.batch_size=3", "schedule.epochs=2"};
  for (const char* method : {"lora", "full"}) {
    const auto recipe = [&](std::vector<std::string> more) {
      more.insert(more.end(), three.begin(), three.end());
      more.push_back(Concat({"tune.method=", method}));
      return more;
    };
    const auto name = [&](const char* run) { return Concat({method, "-", run}); };
    ASSERT_TRUE(Run(name("one"), recipe({})).ok());
    RunTogether(2, name("two"), recipe({}));
    RunTogether(2, name("mixed"), recipe({"schedule.max_steps=1"}));
    ASSERT_TRUE(Run(name("mixed"), recipe({"schedule.max_steps=1"}), /*resume=*/true).ok());
    RunTogether(3, name("mixed"), recipe({}), /*resume=*/true);
    const std::vector<double> expected = Losses(name("one"));
    ASSERT_EQ(expected.size(), 4U);
    for (const char* run : {"two", "mixed"}) {
      EXPECT_THAT(Losses(name(run)), Pointwise(DoubleNear(1e-4), expected)) << method << run;
    }
  }
}

// What a pass leaves out is drawn from (seed, update, pass): again in the recomputed forward, after
// a stop, and by whichever process has the pass.
TEST_F(SftTunerTest, DropoutIsDrawnAgainWhereverThePassIsMade) {
  const auto recipe = [](std::vector<std::string> more) {
    more.insert(more.end(), {"lora.dropout=0.3", "schedule.epochs=2"});
    return more;
  };
  ASSERT_TRUE(Run("without", {"schedule.epochs=2"}).ok());
  ASSERT_TRUE(Run("kept", recipe({"optim.checkpoint_activations=false"})).ok());
  ASSERT_TRUE(Run("again", recipe({"schedule.max_steps=1"})).ok());
  ASSERT_TRUE(Run("again", recipe({}), /*resume=*/true).ok());
  RunTogether(2, "two", recipe({}));
  const std::vector<double> expected = Losses("kept");
  EXPECT_THAT(Losses("again"), Pointwise(DoubleNear(1e-4), expected));
  EXPECT_THAT(Losses("two"), Pointwise(DoubleNear(1e-4), expected));
  EXPECT_GT(std::abs(expected.back() - Losses("without").back()), 1e-3);
  EXPECT_THAT(ReadFile(folder_ / "two/best/adapter_config.json").value(),
              HasSubstr("\"lora_dropout\": 0.3"));
}

// What one process cannot do ends all of them, with the reason, and nothing hangs.
TEST_F(SftTunerTest, AFailureOfOneProcessIsToldByAll) {
  std::filesystem::create_directories(folder_ / "bad/log.jsonl");  // in the way of the log
  std::vector<std::string> messages(2);
  testing::RunTogether(2, [&](const TrainingProcesses& processes) {
    const auto outcome = RunTuning({folder_ / "r.toml",
                                    {"checkpoint.directory=\"" + (folder_ / "bad") + "\""},
                                    false,
                                    processes},
                                   none_);
    ASSERT_FALSE(outcome.ok());
    messages[static_cast<size_t>(processes.rank)] = outcome.error().message;
  });
  EXPECT_THAT(messages[0], HasSubstr("log.jsonl"));
  EXPECT_EQ(messages[1], "process 0: " + messages[0]);
}

TEST_F(SftTunerTest, AnInterruptionLeavesACheckpointWhereverItComes) {
  ASSERT_TRUE(Run("calm").ok());
  CancellationToken cancelled;
  cancelled.Cancel();
  const std::vector<std::string> place = {"checkpoint.directory=\"" + (folder_ / "cut") + "\""};
  // nothing has been read yet; then before the first update; then inside the last evaluation
  EXPECT_EQ(RunTuning({folder_ / "r.toml", place}, cancelled).error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(Run("cut", {"schedule.max_steps=2"}, /*resume=*/true).ok());
  EXPECT_FALSE(RunTuning({folder_ / "r.toml", place, true}, cancelled).ok());
  ASSERT_TRUE(Run("cut", {}, /*resume=*/true).ok());
  EXPECT_EQ(Losses("cut"), Losses("calm"));
  EXPECT_EQ(Adapter("cut"), Adapter("calm"));
}

// A regression: the recipe's rank and alpha were written of an adapter that had others.
TEST_F(SftTunerTest, AnAdapterThatGoesOnKeepsItsRankAndScaling) {
  ASSERT_TRUE(Run("first", {"lora.rank=4", "lora.alpha=4", "lora.targets=\"q_proj\""}).ok());
  const std::string adapter = "model.adapter=\"" + (folder_ / "first/best") + "\"";
  ASSERT_TRUE(Run("second", {adapter, "optim.learning_rate=1e-12", "schedule.epochs=1"}).ok());
  const auto config = ReadJsonFile(folder_ / "second/best/adapter_config.json").value();
  EXPECT_EQ(config["r"], 4);
  EXPECT_EQ(config["lora_alpha"], 4.0);
  EXPECT_EQ(config["target_modules"], Json::array({"q_proj"}));
}

// A regression: another base or other records of equal size went on from the same checkpoint.
TEST_F(SftTunerTest, AResumeWithAnotherBaseIsRefused) {
  ASSERT_TRUE(Run("a", {"schedule.epochs=1"}).ok());
  ASSERT_TRUE(Run("full", {"tune.method=\"full\"", "schedule.epochs=1"}).ok());
  const auto status = Run("a", {"schedule.epochs=1", "model.dtype=\"bfloat16\""}, true);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("other settings or data"));
  const auto base =
      Run("a", {"schedule.epochs=1", "model.adapter=\"" + (folder_ / "a/best") + "\""},
          /*resume=*/true);
  ASSERT_FALSE(base.ok());
  EXPECT_THAT(base.error().message, HasSubstr("other settings or data"));
}

TEST_F(SftTunerTest, MicroBatchesAndKeptActivationsChangeNothingButRounding) {
  ASSERT_TRUE(Run("one").ok());
  ASSERT_TRUE(Run("two", {"optim.micro_batch_size=2", "optim.checkpoint_activations=false"}).ok());
  const auto one = Losses("one"), two = Losses("two");
  ASSERT_EQ(one.size(), two.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], two[i], 1e-3 * one[i]);
}

TEST_F(SftTunerTest, FullFineTuningLearnsToo) {
  const auto status = Run("full", {"tune.method=\"full\"", "optim.learning_rate=0.003"});
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_LT(Losses("full").back(), 0.8 * Losses("full").front());
  // its directory loads like the base, also in shards
  const auto model = LoadModel(folder_ / "full/best", {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::string shards = folder_ / "shards";
  ASSERT_TRUE(WriteModel(shards, folder_ / "full/best", **model, 200'000).ok());
  EXPECT_TRUE(std::filesystem::exists(shards + "/model.safetensors.index.json"));
  const auto again = LoadModel(shards, {});
  ASSERT_TRUE(again.ok()) << again.error().message;
}

TEST_F(SftTunerTest, ALossThatIsNotFiniteStopsTheRunAndKeepsTheStateBefore) {
  ASSERT_TRUE(Run("out", {"schedule.epochs=1"}).ok());
  std::string bytes = Adapter("out");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - sizeof(nan), &nan, sizeof(nan));
  const std::string adapter = folder_ / "out/best";
  ASSERT_TRUE(WriteFileAtomically(adapter + "/adapter_model.safetensors", bytes).ok());
  const auto status = Run("nan", {"model.adapter=\"" + adapter + "\""});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("update 1 is not finite"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "nan/step_0"));
}

TEST_F(SftTunerTest, WrongRecipesAreRefusedWithKeyValueAndRange) {
  const auto refusal = [&](const std::string& setting) {
    const auto status = Run("refused", {setting});
    EXPECT_FALSE(status.ok()) << setting;
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_THAT(refusal("lora.rnk=4"), HasSubstr("lora.rnk"));
  EXPECT_THAT(refusal("lora.rank=0"), HasSubstr("lora.rank: expected 1 to 4096, found 0"));
  EXPECT_THAT(refusal("optim.learning_rate=0"), HasSubstr("required"));
  EXPECT_THAT(refusal("optim.shape=\"square\""), HasSubstr("cosine, linear or constant"));
  EXPECT_THAT(refusal("lora.targets=\"q_proj, x_proj\""), HasSubstr("'x_proj'"));
  EXPECT_THAT(refusal("data.train=\"nowhere.json\""), HasSubstr("nowhere.json"));
  EXPECT_THAT(refusal("model.base=\"nowhere\""), HasSubstr("nowhere"));
  EXPECT_THAT(refusal("tune.vision=true"), HasSubstr("tune.vision"));
  EXPECT_THAT(refusal("data.cutoff_tokens=16"), HasSubstr("no record is left"));
}

}  // namespace
}  // namespace gre
