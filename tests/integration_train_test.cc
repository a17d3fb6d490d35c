// `gre train` from the outside: killed at random moments it ends bit for bit as undisturbed.
#include <algorithm>
#include <chrono>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/random.h"
#include "core/strings.h"
#include "image/encode.h"
#include "support/program_test.h"

namespace gre {
namespace {

using testing::ProgramOptions;
using testing::ProgramResult;

constexpr int kKills = 20;  // of each kind of training
constexpr char kModel[] = GRE_SOURCE_DIR "/tests/goldens/model";

class TrainProgramTest : public testing::ProgramTest {
 protected:
  TrainProgramTest() {
    nlohmann::json records = nlohmann::json::array();
    for (int i = 0; i < 4; ++i) {
      const std::string name = Concat({"p", std::to_string(i), ".png"});
      const std::vector<uint8_t> pixels(56 * 56 * 3, static_cast<uint8_t>(60 * i));
      Write(name, EncodePng({56, 56, pixels}).value());
      records.push_back(
          {{"image", name},
           {"conversations",
            {{{"from", "human"}, {"value", "<image>\nWhere?"}},
             {{"from", "gpt"}, {"value", "<think>1. Grey.</think><answer>1.5, 2.5</answer>"}}}},
           {"gt_lat", 10 * i},
           {"gt_lon", 20}});
    }
    Write("train.json", records.dump());
    for (nlohmann::json& record : records) {
      record.erase("conversations");
      record["instructions"] = "Where?";
    }
    Write("seed.json", records.dump());
  }

  [[nodiscard]] std::vector<std::string> Command(const std::string& stage,
                                                 const std::string& run) const {
    const bool sft = stage == "sft";
    std::vector<std::string> command = {
        "train", stage, "--resume", "--config",
        Concat({GRE_SOURCE_DIR, "/recipes/", sft ? "qwen-lora.toml" : "grpo-lora.toml"})};
    std::vector<std::string> settings = {
        Concat({"model.base=", kModel}),
        "model.max_pixels=3136",
        Concat({"data.train=", folder_ / (sft ? "train.json" : "seed.json")}),
        Concat({"checkpoint.directory=", folder_ / run}),
        "checkpoint.every_steps=1",
        "lora.rank=4",
        "optim.batch_size=2",
        "optim.learning_rate=0.01",
        "schedule.threads=1"};
    if (sft) {
      settings.insert(settings.end(), {"schedule.epochs=6", "evaluation.answers=0"});
    } else {
      settings.insert(settings.end(),
                      {"grpo.updates=8", "grpo.group_size=3", "grpo.max_new_tokens=12",
                       "rewards.theta_km=750", "rewards.theta_last_km=100", "rewards.theta_hold=1",
                       "rewards.theta_level=0", "grpo.resample=2"});
    }
    for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
    return command;
  }

  // What a run has learnt, and all that it would go on with.
  [[nodiscard]] std::string Learnt(const std::string& run) const {
    std::string learnt = ReadFile(folder_ / (run + "/best/adapter_model.safetensors")).value();
    std::vector<std::filesystem::path> states;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / run)) {
      if (entry.path().filename().string().starts_with("step_")) states.push_back(entry.path());
    }
    std::ranges::sort(states);
    for (const auto& state : states) {
      learnt += state.filename().string();
      learnt += ReadFile((state / "state.safetensors").string()).value();
    }
    return learnt;
  }
};

TEST_F(TrainProgramTest, KilledAtTwentyRandomMomentsItEndsBitForBitAsUndisturbed) {
  const std::filesystem::path program = GRE_PROGRAM;
  if (!std::filesystem::exists(program.parent_path().parent_path() / "lib/libgre_torch.so")) {
    GTEST_SKIP() << "built without LibTorch";
  }
  for (const char* stage : {"sft", "grpo"}) {
    const auto start = std::chrono::steady_clock::now();
    const ProgramResult calm = Gre(Command(stage, Concat({stage, "-calm"})));
    ASSERT_EQ(calm.exit_code, 0) << calm.err;
    const std::chrono::duration<double, std::milli> whole =
        std::chrono::steady_clock::now() - start;

    Random random(HashSeed(1, stage));
    const std::vector<std::string> command = Command(stage, Concat({stage, "-killed"}));
    const std::string killed = Concat({stage, "-killed"});
    const std::string learnt = Learnt(Concat({stage, "-calm"}));
    for (int kills = 0;;) {
      ProgramOptions options = options_;
      if (kills < kKills) {
        options.interrupt_signal = SIGKILL;
        options.interrupt_after_ms =
            1 + static_cast<int>(random.Below(static_cast<uint64_t>(whole.count())));
      }
      const ProgramResult result = testing::RunProgramFile(GRE_PROGRAM, command, options);
      if (result.exit_code == 128 + SIGKILL) {
        ++kills;
        continue;
      }
      ASSERT_EQ(result.exit_code, 0) << result.err;
      ASSERT_TRUE(Learnt(killed) == learnt) << stage << " after " << kills << " kills";
      if (kills == kKills) break;
      std::filesystem::remove_all(folder_ / killed);  // it came to its end: another one
    }
  }
}

}  // namespace
}  // namespace gre
