#include "training/policy/server_rollouts.h"

#include <cmath>
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "core/file.h"
#include "core/json.h"
#include "core/random.h"
#include "core/strings.h"
#include "image/encode.h"
#include "support/temporary_folder.h"
#include "training/policy/grpo_trainer.h"
#include "training/policy/testing/fake_rollout_server.h"
#include "training/tuning/sft_tuner.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using testing::FakeRolloutServer;
using ::testing::HasSubstr;
using testing::HttpReply;
using ::testing::Not;
using testing::ReceivedRequest;
using testing::Reply;

const std::string kBase = std::string(GRE_SOURCE_DIR) + "/tests/goldens/model";

// Runs of stage I on four photos of one shade each, two prompts an update, with a server that draws
// what an engine in this process would.
class ServerRolloutsTest : public ::testing::TestWithParam<ChatDialect> {
 protected:
  void SetUp() override {
    WriteRecords();
    const std::string text = Concat(
        {"[model]\nbase = \"", kBase,
         "\"\nmax_pixels = 3136\ndtype = \"float32\"\n[data]\ntrain = \"", folder_ / "judge.json",
         "\"\n[optim]\nlearning_rate = 0.0005\nbatch_size = 2\nwarmup_ratio = 0\n",
         "[schedule]\nthreads = 1\n[grpo]\nstage = \"judge\"\nupdates = 3\n",
         "group_size = 8\nmax_new_tokens = 40\nbeta = 0.04\n[rewards]\njudge = 1\n",
         "distance = 0\n[checkpoint]\nevery_steps = 0\n"});
    ASSERT_TRUE(WriteFileAtomically(folder_ / "r.toml", text).ok());
    ModelLoadOptions load;
    load.dtype = at::kFloat;
    load.trainable = true;
    load.max_pixels = 12845056;  // photos come in their size
    server_ = std::make_unique<FakeRolloutServer>(
        GetParam(), kBase, load, [](GenerationRequest& request, const std::string& adapter) {
          const auto version = *ParseInt(Split(adapter.substr(5), '-')[0]);
          const int number = static_cast<int>(std::lround(request.images[0]->pixels[0] / 60.0)) + 1;
          request.id = Concat({std::to_string(number), "/", std::to_string(version / 2)});
          request.sampling.seed = HashSeed(HashSeed(1, "rollouts"), static_cast<uint64_t>(version));
        });
  }

  void WriteRecords() const {
    Json judge = Json::array(), cot = Json::array();
    for (int i = 0; i < 4; ++i) {
      std::vector<uint8_t> pixels(40 * 70 * 3, static_cast<uint8_t>(60 * i));
      const std::string name = Concat({"p", std::to_string(i), ".jpg"});
      ASSERT_TRUE(
          WriteFileAtomically(folder_ / name, *EncodeJpeg({40, 70, std::move(pixels)})).ok());
      const auto record = [&](const std::string& answer) {
        return Json{{"conversations",
                     {{{"from", "human"}, {"value", "<image>Right?"}},
                      {{"from", "gpt"}, {"value", answer}}}},
                    {"images", {name}}};
      };
      judge.push_back(record("False"));
      for (const char* verdict : {"True", "False"}) {
        cot.push_back(record(Concat({"<think>Looks so.</think><answer>", verdict, "</answer>"})));
      }
    }
    ASSERT_TRUE(WriteFileAtomically(folder_ / "judge.json", judge.dump()).ok());
    ASSERT_TRUE(WriteFileAtomically(folder_ / "cot.json", cot.dump()).ok());
  }

  // Lets the runs begin with an adapter that says True and False at random; without, no completion
  // has a reward.
  void FineTune() {
    const std::string sft = Concat(
        {"[model]\nbase = \"", kBase, "\"\nmax_pixels = 3136\ndtype = \"float32\"\n",
         "[data]\ntrain = \"", folder_ / "cot.json", "\"\n[optim]\nlearning_rate = 0.02\n",
         "batch_size = 8\nwarmup_ratio = 0\nshape = \"constant\"\n[schedule]\nthreads = 1\n",
         "epochs = 60\n[checkpoint]\nevery_steps = 0\ndirectory = \"", folder_ / "sft", "\"\n"});
    ASSERT_TRUE(WriteFileAtomically(folder_ / "sft.toml", sft).ok());
    const auto tuned = RunTuning({folder_ / "sft.toml", {}}, none_);
    ASSERT_TRUE(tuned.ok()) << tuned.error().message;
    adapter_ = {"model.adapter=\"" + (folder_ / "sft/best") + "\""};
  }

  [[nodiscard]] bool vllm() const { return GetParam() == ChatDialect::kVllm; }
  [[nodiscard]] Result<TrainingOutcome> Run(const std::string& directory,
                                            std::vector<std::string> overrides = {},
                                            bool resume = false,
                                            const std::string& key = "") const {
    overrides.insert(overrides.end(), adapter_.begin(), adapter_.end());
    overrides.push_back("checkpoint.directory=\"" + (folder_ / directory) + "\"");
    return RunGrpo({folder_ / "r.toml", overrides, resume, {}, key}, none_);
  }
  [[nodiscard]] Result<TrainingOutcome> RunServed(const std::string& directory,
                                                  std::vector<std::string> overrides = {},
                                                  bool resume = false,
                                                  const std::string& key = "") const {
    overrides.insert(overrides.begin(),
                     {"rollouts.engine=\"" + server_->url() + "\"", "rollouts.attempts=2",
                      Concat({"rollouts.dialect=\"", vllm() ? "vllm" : "sglang", "\""})});
    return Run(directory, std::move(overrides), resume, key);
  }
  [[nodiscard]] std::vector<Json> LogOf(const std::string& directory) const {
    std::vector<Json> lines;
    const std::string log = ReadFile(folder_ / (directory + "/log.jsonl")).value();
    for (const std::string_view line : Split(Trim(log), '\n')) {
      Json json = ParseJson(line).value();
      if (!json.contains("start")) lines.push_back(std::move(json));
    }
    return lines;
  }
  // The lines without what differs by nature.
  [[nodiscard]] std::vector<Json> LearntOf(const std::string& directory) const {
    std::vector<Json> lines = LogOf(directory);
    for (Json& line : lines) {
      for (const char* key : {"seconds", "rollout_seconds", "rollouts", "engine_mismatch",
                              "tokens_per_second", "peak_resident_bytes"}) {
        line.erase(key);
      }
    }
    return lines;
  }
  [[nodiscard]] std::string Adapter(const std::string& directory) const {
    return ReadFile(folder_ / (directory + "/best/adapter_model.safetensors")).value();
  }
  // The completions of a reply in either dialect.
  [[nodiscard]] Json& Sample(Json& reply) const { return vllm() ? reply["choices"][0] : reply[0]; }
  [[nodiscard]] Json& Ids(Json& reply) const {
    return vllm() ? Sample(reply)["token_ids"] : Sample(reply)["output_ids"];
  }
  [[nodiscard]] Json& Logprobs(Json& reply) const {
    return vllm() ? Sample(reply)["logprobs"]["content"]
                  : Sample(reply)["meta_info"]["output_token_logprobs"];
  }

  testing::TemporaryFolder folder_;
  std::vector<std::string> adapter_;  // the setting, once there is one
  std::unique_ptr<FakeRolloutServer> server_;
  CancellationToken none_;
};

TEST_P(ServerRolloutsTest, ARunWithAServerLearnsWhatOneWithTheLocalEngineLearns) {
  FineTune();
  const auto local = Run("local");
  ASSERT_TRUE(local.ok()) << local.error().message;
  const auto served = RunServed("served", {"rollouts.correction=\"none\""});
  ASSERT_TRUE(served.ok()) << served.error().message;
  EXPECT_EQ(LearntOf("served"), LearntOf("local"));
  EXPECT_GT(LogOf("local")[0]["gradient_norm"].get<double>(), 0);
  EXPECT_EQ(Adapter("served"), Adapter("local"));
  EXPECT_LT(LogOf("served")[2]["engine_mismatch"].get<double>(), 1e-3);
  EXPECT_EQ(LogOf("served")[2]["rollouts"]["different_texts"], 0);

  // with the correction, weights are 1 to rounding
  ASSERT_TRUE(RunServed("corrected", {"grpo.iterations=2"}).ok());
  ASSERT_TRUE(Run("local2", {"grpo.iterations=2", "grpo.updates=1"}).ok());
  EXPECT_NEAR(LogOf("corrected")[0]["loss"].get<double>(), LogOf("local2")[0]["loss"].get<double>(),
              1e-4);
  EXPECT_EQ(LogOf("corrected")[0]["rollouts"]["corrected"], 0);
}

// Each update is served under a name of its own, the one before is unloaded, nothing stays.
TEST_P(ServerRolloutsTest, AdaptersComeAndGoByVersion) {
  const auto status = RunServed("out", {}, false, "top-secret-key");
  ASSERT_TRUE(status.ok()) << status.error().message;
  std::vector<std::string> names;
  for (const std::string& event : server_->events()) {
    if (event.starts_with("load")) names.push_back(event.substr(5));
  }
  ASSERT_EQ(names.size(), 3U);
  EXPECT_THAT(server_->events(),
              ElementsAre("load " + names[0], "load " + names[1], "unload " + names[0],
                          "load " + names[2], "unload " + names[1], "unload " + names[2]));
  EXPECT_THAT(names, ElementsAre(HasSubstr("gre-v0-"), HasSubstr("gre-v1-"), HasSubstr("gre-v2-")));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out/adapters"));
  for (const ReceivedRequest& request : server_->requests()) {
    EXPECT_EQ(request.headers.at("authorization"), "Bearer top-secret-key");
  }
  const std::string rollouts = ReadFile(folder_ / "out/rollouts.jsonl").value();
  EXPECT_THAT(rollouts, HasSubstr(names[1]));
}

TEST_P(ServerRolloutsTest, TheMismatchIsMeasuredAndCorrected) {
  FineTune();
  server_->shift = -0.7;  // the trainer finds every token exp(0.7) times as probable
  ASSERT_TRUE(
      RunServed("capped", {"rollouts.correction=\"truncate\"", "grpo.updates=1",
                           "rollouts.correction_level=\"token\"", "rollouts.correction_cap=1.5"})
          .ok());
  const Json line = LogOf("capped").front();
  EXPECT_NEAR(line["engine_mismatch"].get<double>(), 0.7, 1e-3);
  EXPECT_NEAR(line["rollouts"]["mean_ratio"].get<double>(), std::exp(0.7), 1e-2);
  EXPECT_NEAR(line["rollouts"]["largest_mismatch"].get<double>(), 0.7, 1e-3);
  EXPECT_EQ(line["rollouts"]["corrected"], 1);
  // whole completions lie far outside and are masked: nothing is left to learn from
  ASSERT_TRUE(RunServed("masked", {"grpo.updates=1", "grpo.beta=0"}).ok());
  EXPECT_EQ(LogOf("masked")[0]["gradient_norm"], 0);
  ASSERT_TRUE(
      RunServed("plain", {"grpo.updates=1", "grpo.beta=0", "rollouts.correction=\"none\""}).ok());
  EXPECT_GT(LogOf("plain")[0]["gradient_norm"].get<double>(), 0);
}

// Whatever is wrong with a reply ends the run with one line and the state before the update; the
// run goes on from there.
TEST_P(ServerRolloutsTest, WrongRepliesAreRefusedAndTheRunGoesOn) {
  struct Case {
    const char* name;
    std::function<void(Json& reply)> spoil;
    std::string says;
  };
  std::vector<Case> cases = {
      {"fewer tokens than log-probabilities", [&](Json& reply) { Ids(reply).erase(0); },
       vllm() ? "tokens and" : "that are not the ids of"},
      {"tokens of another tokenizer",
       [&](Json& reply) {
         Ids(reply)[0] = 400000;
         if (!vllm()) Logprobs(reply)[0][1] = 400000;
       },
       "the server has another tokenizer"},
      {"impossible log-probability",
       [&](Json& reply) {
         if (vllm()) {
           Logprobs(reply)[0]["logprob"] = 0.5;
         } else {
           Logprobs(reply)[0][0] = 0.5;
         }
       },
       "a log-probability is 0.5, expected at most 0"},
      {"filtered",
       [&](Json& reply) {
         if (vllm()) {
           Sample(reply)["finish_reason"] = "content_filter";
         } else {
           Sample(reply)["meta_info"]["finish_reason"]["type"] = "content_filter";
         }
       },
       "ended with 'refused'"}};
  if (vllm()) {
    cases.push_back({"no ids", [&](Json& reply) { Sample(reply).erase("token_ids"); },
                     "does not tell the token ids"});
    cases.push_back({"stale", [](Json& reply) { reply["model"] = "gre-v0-0badc0de"; },
                     "written by 'gre-v0-0badc0de', expected the current adapter 'gre-v1-"});
    cases.push_back({"base", [](Json& reply) { reply.erase("model"); }, "written by ''"});
    cases.push_back({"other prompt", [](Json& reply) { reply["prompt_token_ids"].erase(3); },
                     "the trainer as"});
  } else {
    cases.push_back({"no ids",
                     [&](Json& reply) {
                       Sample(reply).erase("output_ids");
                       Sample(reply)["meta_info"].erase("output_token_logprobs");
                     },
                     "does not tell the token ids"});
    cases.push_back({"other base",
                     [](Json& reply) {
                       for (Json& sample : reply) sample["meta_info"]["weight_version"] = "b";
                     },
                     "from version 'default' to 'b'"});
    cases.push_back({"other prompt",
                     [](Json& reply) {
                       for (Json& sample : reply) sample["meta_info"]["prompt_tokens"] = 7;
                     },
                     "read the prompt as 7 tokens, the trainer as"});
  }
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    int replies = 0;
    server_->spoil = [&](Json& reply) {
      if (++replies > 2) c.spoil(reply);  // from the second update on
    };
    const auto status = RunServed(c.name, {"grpo.updates=2"});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidInput);
    EXPECT_THAT(status.error().message, ::testing::AllOf(::testing::StartsWith(server_->url()),
                                                         HasSubstr(c.says), Not(HasSubstr("\n"))));
    EXPECT_TRUE(std::filesystem::exists(folder_ / Concat({c.name, "/step_1"})));
  }
  server_->spoil = nullptr;
  const auto resumed = RunServed(cases[0].name, {"grpo.updates=2"}, /*resume=*/true);
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(LogOf(cases[0].name).size(), 2U);
}

TEST_P(ServerRolloutsTest, ATextThatIsNotItsTokensIsCountedAndNotUsed) {
  FineTune();
  server_->spoil = [&](Json& reply) {
    if (vllm()) {
      Sample(reply)["message"]["content"] = "<think>x</think><answer>False</answer> told";
    } else {
      Sample(reply)["text"] = "<think>x</think><answer>False</answer> told";
    }
  };
  ASSERT_TRUE(RunServed("out", {"grpo.updates=1"}).ok());
  EXPECT_EQ(LogOf("out")[0]["rollouts"]["different_texts"], 2);
  ASSERT_TRUE(Run("local", {"grpo.updates=1"}).ok());
  EXPECT_EQ(LogOf("out")[0]["reward"], LogOf("local")[0]["reward"]);
}

TEST_P(ServerRolloutsTest, ServersThatFailAreTriedAgainAndThenNamed) {
  const auto asks = [](const ReceivedRequest& request) {
    return request.target.ends_with("/chat/completions") || request.target == "/generate";
  };
  // a server that is busy for a moment changes nothing
  int busy = 2;
  server_->instead = [&](const ReceivedRequest& request, int) -> std::optional<Reply> {
    if (!asks(request) || busy == 0) return std::nullopt;
    return Reply{{HttpReply(--busy == 0 ? 503 : 429, "", {{"Retry-After", "0"}})}};
  };
  ASSERT_TRUE(RunServed("busy", {"grpo.updates=1"}).ok());
  struct Case {
    std::string name;
    std::function<std::optional<Reply>(const ReceivedRequest&)> reply;
    std::string says;
  };
  const std::vector<Case> cases = {
      {"gone", [](const ReceivedRequest&) { return Reply{}; }, "cannot load the adapter 'gre-v"},
      {"overload",
       [&](const ReceivedRequest& request) -> std::optional<Reply> {
         if (!asks(request)) return std::nullopt;
         return Reply{{HttpReply(429, R"({"error":{"message":"quota"}})", {{"Retry-After", "0"}})}};
       },
       "lower rollouts.concurrency"},
      {"no lora",
       [](const ReceivedRequest& request) -> std::optional<Reply> {
         if (!request.target.ends_with("load_lora_adapter")) return std::nullopt;
         return Reply{{HttpReply(404, R"({"detail":"Not Found"})")}};
       },
       "404 (Not Found)"},
      {"refused",
       [](const ReceivedRequest& request) -> std::optional<Reply> {
         if (!request.target.ends_with("/load_lora_adapter")) return std::nullopt;
         return Reply{
             {HttpReply(400, R"({"success":false,"error_message":"rank 8 > 4 my-key-123"})")}};
       },
       "400 (rank 8 > 4 [key]); "}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    server_->instead = [&](const ReceivedRequest& request, int) { return c.reply(request); };
    const auto status = RunServed(c.name, {"grpo.updates=1"}, false, "my-key-123");
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message,
                ::testing::AllOf(HasSubstr(server_->url().substr(7)), HasSubstr(c.says),
                                 Not(HasSubstr("\n")), Not(HasSubstr("my-key"))));
    EXPECT_TRUE(std::filesystem::exists(folder_ / Concat({c.name, "/step_0"})));
  }
}

TEST_P(ServerRolloutsTest, AFullDiskEndsThePublicationAndTheOldAdapterStays) {
  ModelLoadOptions load;
  const std::shared_ptr<const VisionLanguageModel> model = LoadModel(kBase, load).value();
  RolloutConfig config;
  config.engine = server_->url();
  config.dialect = vllm() ? "vllm" : "sglang";
  config.adapters = config.adapters_on_server = folder_ / "adapters";
  ASSERT_TRUE(RunServed("other", {"grpo.updates=1"}).ok());
  const auto copy = [&](const std::string& to) -> Status {
    std::filesystem::create_directories(to);
    for (const char* name : {"/adapter_config.json", "/adapter_model.safetensors"}) {
      GRE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile((folder_ / "other/best") + name));
      GRE_RETURN_IF_ERROR(WriteFileAtomically(to + name, bytes));
    }
    return {};
  };
  auto rollouts = ServerRollouts::Create(config, "", model, copy).value();
  ASSERT_TRUE(rollouts->Publish(5, none_).ok());
  const std::string name = rollouts->info().adapter;
  EXPECT_THAT(name, HasSubstr("gre-v5-"));

  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 3000;  // stands in for a full disk
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status full = rollouts->Publish(6, none_);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().message, ::testing::AllOf(HasSubstr("rollouts.adapters"),
                                                     HasSubstr("adapter_model.safetensors")));
  EXPECT_EQ(rollouts->info().adapter, name);

  // What a killed run left, on the disk and loaded, is replaced.
  auto next = ServerRollouts::Create(config, "", model, copy).value();
  ASSERT_TRUE(next->Publish(5, none_).ok()) << "the same name is loaded anew";
  ASSERT_TRUE(next->Publish(7, none_).ok());
  next->Close();
  EXPECT_EQ(server_->events().back().substr(0, 13), "unload gre-v7");
  EXPECT_FALSE(std::filesystem::exists(folder_ / ("adapters/" + name)));
}

TEST_P(ServerRolloutsTest, WrongRecipesAreRefused) {
  const auto refusal = [&](std::vector<std::string> settings) {
    const auto status = RunServed("refused", std::move(settings));
    EXPECT_FALSE(status.ok());
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_THAT(refusal({"rollouts.engine=\"remote\""}),
              HasSubstr("rollouts.engine: expected local or the URL of a server"));
  EXPECT_THAT(refusal({"rollouts.dialect=\"\""}), HasSubstr("expected vllm or sglang, found ''"));
  EXPECT_THAT(refusal({"rollouts.correction_cap=0.5"}), HasSubstr("rollouts.correction_cap"));
  EXPECT_THAT(refusal({"rollouts.logprobs=\"raw\"", "grpo.temperature=0.7"}),
              HasSubstr("rollouts.logprobs: expected processed"));
  EXPECT_THAT(refusal({"tune.method=\"full\"", "grpo.beta=0"}),
              HasSubstr("servers are given adapters"));
  EXPECT_THAT(refusal({"rollouts.engine=\"http://me:hidden@localhost:1\""}),
              ::testing::AllOf(HasSubstr("rollouts.engine"), Not(HasSubstr("hidden"))));
  EXPECT_THAT(
      Run("refused", {"rollouts.engine=\"http://example.org\"", "rollouts.dialect=\"vllm\""}, false,
          "secret")
          .error()
          .message,
      HasSubstr("unencrypted"));
}

INSTANTIATE_TEST_SUITE_P(Dialects, ServerRolloutsTest,
                         ::testing::Values(ChatDialect::kVllm, ChatDialect::kSglang),
                         [](const auto& dialect) {
                           return dialect.param == ChatDialect::kVllm ? "Vllm" : "Sglang";
                         });

}  // namespace
}  // namespace gre
