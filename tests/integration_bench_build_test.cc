// `gre bench build` with an engine from the outside: all of its stages, refusals, unreadable
// replies, a kill.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "image/encode.h"
#include "support/program_test.h"
#include "support/schema_checker.h"
#include "support/scripted_http_server.h"

namespace gre {
namespace {

using testing::ChatReply;
using ::testing::HasSubstr;
using testing::ProgramResult;
using testing::ReceivedRequest;
using testing::Reply;
using testing::SchemaChecker;
using testing::ScriptedHttpServer;

bool Holds(const ReceivedRequest& request, std::string_view text) {
  return request.body.find(text) != std::string::npos;
}

// What the engine is asked, by the words of its prompts.
bool IsAboutChain(const ReceivedRequest& request) {
  return Holds(request, "Read this chain of reasoning");
}
bool IsAboutLabels(const ReceivedRequest& request) { return Holds(request, "Label this photo"); }

constexpr char kCorpus[] =
    "place: Japan\n- Pattern: Red torii gates -> japan\nplace: Peru";  // no chain names Peru
constexpr char kLabels[] =
    "category: road traffic\nindicator: language\nclue: kanji\ncaption: A road.";
constexpr char kSteps[] = "1. The signs are Japanese.\n2. So this is Japan.";

class BenchBuildTest : public testing::ProgramTest {
 protected:
  void SetUp() override {
    std::string truth = "id,lat,lon\n";
    for (int i = 0; i < kPhotos; ++i) {
      const std::string name = "p" + std::to_string(i) + ".jpg";
      const RgbImage image{32, 24, std::vector<uint8_t>(32 * 24 * 3, static_cast<uint8_t>(60 * i))};
      Write("photos/" + name, EncodeJpeg(image).value());
      truth.append(name).append(",35.0,135.").append(std::to_string(i)).append("\n");
    }
    Write("truth.csv", truth);
    Write(
        "chains.jsonl",
        "{\"id\": \"x\", \"response\": \"<think>1. [text] Red torii gates -> Typical of "
        "Japan</think>\"}\n"
        "{\"id\": \"y\", \"response\": \"<think>1. [text] Torii gates, red -> So Japan</think>\"}\n"
        "{\"id\": \"z\", \"response\": \"<think>1. [text] A wall -> Perhaps anywhere</think>\"}\n");
  }

  ProgramResult Build(const std::string& out, const ScriptedHttpServer& server) const {
    return Gre({"bench",
                "build",
                "--photos",
                folder_ / "photos",
                "--truth",
                folder_ / "truth.csv",
                "--out",
                folder_ / out,
                "--no-faces",
                "--chains",
                folder_ / "chains.jsonl",
                "--chain-text",
                "response",
                "--corpus",
                "engine",
                "--api-url",
                server.url(),
                "--api-model",
                "m",
                "--concurrency",
                "1",
                "--json"});
  }

  static constexpr int kPhotos = 3;
};

TEST_F(BenchBuildTest, RefusalsAndUnreadableRepliesAreNamedAndAskedForAgain) {
  std::atomic<bool> behaves = false;
  std::atomic<int> labels = 0;
  std::atomic<int> steps = 0;
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) {
    if (IsAboutChain(request)) {
      if (!Holds(request, "A wall")) return ChatReply(kCorpus);
      return ChatReply(behaves ? "none" : "What a wall!");
    }
    if (IsAboutLabels(request)) {
      return ChatReply(!behaves && labels++ == 1 ? "I'm sorry, I cannot label this." : kLabels);
    }
    if (!behaves && steps++ == 2) {
      return Reply{{testing::HttpReply(400, R"({"error": {"message": "content policy"}})"), 0}};
    }
    return ChatReply(kSteps);
  });
  const ProgramResult first = Build("out.jsonl", server);
  EXPECT_EQ(first.exit_code, 1) << first.err;
  const auto report = ParseJson(first.out);
  ASSERT_TRUE(report.ok()) << first.out << first.err;
  ASSERT_EQ(report->at("failures").size(), 3u) << first.out;
  const auto failure = [&](size_t i) { return report->at("failures").at(i).get<std::string>(); };
  EXPECT_THAT(failure(0), HasSubstr("chains.jsonl: z: corpus: the engine's corpus entries: "));
  EXPECT_THAT(failure(1), HasSubstr("p1.jpg: labels: the engine's labels: expected a line"));
  EXPECT_THAT(failure(2), HasSubstr("p2.jpg: key_steps: "));
  EXPECT_THAT(failure(2), HasSubstr("content policy"));
  EXPECT_EQ(
      report->at("corpus"),
      Json::array({{{"kind", "place"}, {"text", "Japan"}, {"chains", 2}},
                   {{"kind", "pattern"}, {"text", "red torii gates -> Japan"}, {"chains", 2}}}));
  const Json& source = report->at("corpus_source");
  EXPECT_EQ(source.at("chains"), 3);
  EXPECT_EQ(source.at("without_result"), 1);
  EXPECT_EQ(source.at("not_in_their_chain"), 2);  // Peru, twice
  EXPECT_THAT(source.at("drawn_by").get<std::string>(), HasSubstr("(prompt "));

  behaves = true;
  const size_t asked = server.requests().size();
  const ProgramResult second = Build("out.jsonl", server);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(server.requests().size(), asked + 3);
  EXPECT_TRUE(ParseJson(second.out)->at("failures").empty());
  EXPECT_EQ(Build("out.jsonl", server).exit_code, 0);
  EXPECT_EQ(server.requests().size(), asked + 3);
}

TEST_F(BenchBuildTest, AKilledBuildGoesOnAndEndsWhereAnUninterruptedOneDoes) {
  std::atomic<bool> hangs = true;
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) {
    if (IsAboutChain(request)) return ChatReply(Holds(request, "A wall") ? "none" : kCorpus);
    if (IsAboutLabels(request)) return ChatReply(kLabels);
    if (hangs) {
      Write("hangs", "");
      return Reply{{"", 20000}};
    }
    return ChatReply(kSteps);
  });
  options_.interrupt_when = folder_ / "hangs";
  options_.interrupt_after_ms = 1;
  options_.interrupt_signal = SIGKILL;
  EXPECT_EQ(Build("killed.jsonl", server).exit_code, 128 + SIGKILL);
  EXPECT_FALSE(FileExists(folder_ / "killed.jsonl"));
  hangs = false;
  options_.interrupt_after_ms = 0;
  const size_t asked = server.requests().size();
  const ProgramResult again = Build("killed.jsonl", server);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(server.requests().size(), asked + kPhotos);  // key steps alone
  ASSERT_EQ(Build("whole.jsonl", server).exit_code, 0);
  const std::string killed = ReadFile(folder_ / "killed.jsonl").value();
  EXPECT_EQ(killed, ReadFile(folder_ / "whole.jsonl").value());

  const SchemaChecker checker(ReadJsonFile(GRE_SOURCE_DIR "/docs/benchmark-schema.json").value());
  int lines = 0;
  for (const std::string_view line : Split(killed, '\n')) {
    if (line.empty()) continue;
    const auto record = ParseJson(line);
    ASSERT_TRUE(record.ok()) << line;
    EXPECT_EQ(checker.Check(*record), "") << line;
    if (lines++ == 0) continue;
    EXPECT_EQ(record->at("labels").at("category"), "road traffic") << line;
    EXPECT_EQ(record->at("labels").at("environment"), "outdoor");
    EXPECT_EQ(record->at("labels").at("indicator"), "language");
    EXPECT_EQ(record->at("indicators"), Json::array({"kanji"}));
    EXPECT_EQ(record->at("captions"), Json::array({"A road."}));
    EXPECT_EQ(record->at("key_steps").size(), 2u);
  }
  EXPECT_EQ(lines, 1 + kPhotos);
}

}  // namespace
}  // namespace gre
