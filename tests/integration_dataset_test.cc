// `gre dataset` from the outside: killed at random moments, on both stores, nothing is lost, asked
// for twice or left over.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/dataset.h"
#include "image/encode.h"
#include "support/postgres_server.h"
#include "support/program_test.h"
#include "support/scripted_http_server.h"

namespace gre {
namespace {

using testing::ChatReply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PostgresServer;
using testing::ProgramOptions;
using testing::ProgramResult;
using testing::ReceivedRequest;
using testing::RunOnTerminal;
using testing::RunProgramFile;
using testing::ScriptedHttpServer;
using testing::TerminalTurn;

constexpr int kPhotos = 48;
constexpr int kSampled = 40;  // of these, by seed
constexpr int kKills = 50;

// A teacher behind HTTP whose answer depends on the photo alone: right for two thirds of them, far
// off for the others.
class TeacherServer {
 public:
  TeacherServer()
      : server_([this](const ReceivedRequest& request, int) { return Answer(request); }) {}
  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  static testing::Reply Answer(const ReceivedRequest& request) {
    const size_t picture = request.body.find("base64,");
    const uint64_t photo = HashSeed(1, request.body.substr(picture, 2000));
    const std::string latitude = photo % 3 == 0 ? "-40.1" : "48.8" + std::to_string(photo % 10);
    testing::Reply reply =
        ChatReply("<think>\n1. [text/language] a sign -> French => France\n</think>\n<answer>" +
                  latitude + ", 2.35</answer>");
    reply.front().wait_ms = static_cast<int>(photo % 7);
    return reply;
  }

  ScriptedHttpServer server_;
};

// Rows of a query as lines.
std::vector<std::string> Lines(Database& database, const std::string& sql) {
  const auto rows = database.Query(sql);
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  std::vector<std::string> lines;
  for (const SqlRow& row : *rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += row.TextOr(i, "-") + "|";
    lines.push_back(std::move(line));
  }
  return lines;
}

class DatasetTest : public testing::ProgramTest {
 protected:
  void SetUp() override {
    std::string list = "id,file,lat,lon,country\n";
    for (int i = 0; i < kPhotos; ++i) {
      Random random(HashSeed(7, static_cast<uint64_t>(i)));
      std::vector<uint8_t> pixels(32 * 32 * 3);
      for (uint8_t& value : pixels) value = static_cast<uint8_t>(random.Below(256));
      const auto jpeg = EncodeJpeg({32, 32, std::move(pixels)});
      ASSERT_TRUE(jpeg.ok());
      const std::string name = "p" + std::to_string(i) + ".jpg";
      Write("photos/" + name, *jpeg);
      list += Concat({std::to_string(i), ",", name, ",48.85,2.35,FR\n"});
    }
    Write("list.csv", list);
  }

  [[nodiscard]] std::vector<std::vector<std::string>> Commands(const std::string& dataset,
                                                               const std::string& store) const {
    std::vector<std::vector<std::string>> commands = {
        {"dataset", "import", dataset, "--from", folder_ / "list.csv", "--root",
         folder_ / "photos"},
        {"dataset", "check", dataset, "--min-side", "1"},
        {"dataset", "seed", dataset, "--size", "40"},
        {"dataset", "cot", dataset, "--api-url", teacher_.url(), "--api-model", "teacher",
         "--samples", "2", "--concurrency", "3", "--filter-theta-km", "25", "--price",
         "teacher=1,2", "--cot-photos", "12", "--judge-photos", "8"},
        {"dataset", "judge", dataset, "--judge-theta-km", "25"},
        {"dataset", "export", dataset, "--to", "gre", "--reward-theta-km", "750", "--out",
         dataset + "-gre", "--force"},
    };
    if (!store.empty()) {
      for (auto& command : commands) command.insert(command.end(), {"--store", store});
    }
    return commands;
  }

  // Runs a command again and again, killing it at random moments within `longest_ms` while kills
  // are left, until it ends by itself.
  void RunThroughKills(const std::vector<std::string>& command, int& kills, Random& random,
                       uint64_t longest_ms = 150) const {
    for (;;) {
      ProgramOptions options = options_;
      if (kills > 0) {
        options.interrupt_signal = SIGKILL;
        options.interrupt_after_ms = 1 + static_cast<int>(random.Below(longest_ms));
      }
      const ProgramResult result = RunProgramFile(GRE_PROGRAM, command, options);
      if (result.exit_code == 0) return;
      ASSERT_EQ(result.exit_code, 128 + SIGKILL) << command[1] << ": " << result.err;
      --kills;
    }
  }

  // The finished data and the books, without numbers that depend on the order of work.
  [[nodiscard]] static std::vector<std::string> Content(const std::string& folder,
                                                        const std::string& store) {
    const auto dataset = Dataset::Open({folder, store});
    EXPECT_TRUE(dataset.ok()) << dataset.error().message;
    Database& database = dataset->database();
    std::vector<std::string> content = Lines(
        database,
        "SELECT part, id, COALESCE(CAST(label AS TEXT), '-'), COALESCE(replies.text, '-'), "
        "COALESCE(CAST(replies.sample AS TEXT), '-'), band, CAST(hard AS TEXT), split FROM entries "
        "JOIN photos ON photos.number = entries.photo LEFT JOIN replies ON replies.number = "
        "entries.reply ORDER BY part, id, replies.sample");
    for (std::string& line : Lines(database,
                                   "SELECT id, teacher, CAST(sample AS TEXT), text, reading FROM "
                                   "replies JOIN photos ON photos.number = replies.photo ORDER BY "
                                   "id, sample")) {
      content.push_back(std::move(line));
    }
    for (std::string& line :
         Lines(database, "SELECT id, sha256, extension FROM photos ORDER BY id")) {
      content.push_back(std::move(line));
    }
    // the books: every request has one stored charge, whatever else was lost on the way
    EXPECT_EQ(Lines(database, "SELECT state FROM requests WHERE state <> 'done'").size(), 0U);
    EXPECT_EQ(Lines(database,
                    "SELECT CAST(request AS TEXT) FROM charges WHERE state = 'stored' GROUP BY "
                    "request HAVING COUNT(*) <> 1")
                  .size(),
              0U);
    EXPECT_EQ(Lines(database, "SELECT state FROM charges WHERE state = 'in_flight'").size(), 0U);
    EXPECT_EQ(Lines(database, "SELECT state FROM charges WHERE state = 'stored'").size(),
              2U * kSampled);
    return content;
  }

  TeacherServer teacher_;
};

TEST_F(DatasetTest, FiftyKillsChangeNothing) {
  int none = 0;
  Random random(11);
  for (const auto& command : Commands(folder_ / "calm", "")) RunThroughKills(command, none, random);
  int kills = kKills;
  const auto commands = Commands(folder_ / "killed", "");
  for (const auto& command : commands) RunThroughKills(command, kills, random);
  // what kills are left hit commands that have nothing to ask any more, which take milliseconds
  for (size_t i = 0; kills > 0; ++i) {
    RunThroughKills(commands[i % commands.size()], kills, random, 10);
  }
  for (const auto& command : commands) RunThroughKills(command, kills, random);
  const auto calm = Content(folder_ / "calm", "");
  EXPECT_GT(calm.size(), 3U * kPhotos);
  EXPECT_EQ(Content(folder_ / "killed", ""), calm);
  for (const char* file :
       {"gre_cot/gre_cot.json", "gre_judge/gre_judge.json", "gre_seed/gre_seed.jsonl"}) {
    const auto undisturbed = ReadFile(folder_ / (std::string("calm-gre/") + file));
    ASSERT_TRUE(undisturbed.ok()) << undisturbed.error().message;
    EXPECT_EQ(*ReadFile(folder_ / (std::string("killed-gre/") + file)), *undisturbed) << file;
  }
}

TEST_F(DatasetTest, TwoWorkersOnPostgresAreKilledAndChangeNothing) {
  std::string missing;
  const auto server = PostgresServer::Start(missing);
  if (!server) GTEST_SKIP() << missing;
  int none = 0;
  Random random(13);
  for (const auto& command : Commands(folder_ / "calm", "")) RunThroughKills(command, none, random);
  const auto commands = Commands(folder_ / "shared", server->url());
  constexpr size_t kAsk = 3;
  for (size_t i = 0; i < kAsk; ++i) RunThroughKills(commands[i], none, random);
  const auto work = [&](uint64_t seed) {
    Random mine(seed);
    int kills = kKills / 2;
    // a worker that finds the rest in the other's hands has nothing to do and ends
    while (kills > 0) {
      RunThroughKills(commands[kAsk], kills, mine);
      --kills;
    }
  };
  std::thread other(work, 17);
  work(19);
  other.join();
  for (size_t i = kAsk; i < commands.size(); ++i) RunThroughKills(commands[i], none, random);
  EXPECT_EQ(Content(folder_ / "shared", server->url()), Content(folder_ / "calm", ""));
}

TEST_F(DatasetTest, WhatHasNoPhotosIsRefusedWithWhatToDo) {
  Write("empty.csv", "id,lat,lon\n");
  const std::string dataset = folder_ / "empty";
  const auto gre = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "dataset");
    words.insert(words.begin() + 2, dataset);
    return Gre(words);
  };
  ASSERT_EQ(gre({"import", "--from", folder_ / "empty.csv", "--no-photos"}).exit_code, 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"check"},
                                                {"seed"},
                                                {"judge"},
                                                {"cot", "--teacher", "knowledge"}}) {
    const ProgramResult result = gre(words);
    EXPECT_EQ(result.exit_code, 2) << words.front();
    EXPECT_THAT(result.err, HasSubstr("'gre dataset import " + dataset)) << words.front();
  }
  ASSERT_EQ(gre({"import", "--from", folder_ / "list.csv", "--root", folder_ / "photos"}).exit_code,
            0);
  const ProgramResult early = gre({"judge"});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr("no photo belongs to Judge; 'gre dataset cot'"));
}

TEST_F(DatasetTest, StatsOfADatasetWithoutPhotosSayThatThereAreNone) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "empty.csv", "id,lat,lon\n").ok());
  const std::string dataset = folder_ / "empty";
  const auto gre = [&](const std::vector<std::string>& words) {
    std::vector<std::string> all = {"dataset"};
    all.insert(all.end(), words.begin(), words.end());
    return RunProgramFile(GRE_PROGRAM, all, options_);
  };
  ASSERT_EQ(gre({"import", dataset, "--from", folder_ / "empty.csv", "--no-photos"}).exit_code, 0);
  const ProgramResult text = gre({"stats", dataset});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("holds no photos; 'gre dataset import " + dataset));
  const ProgramResult json = gre({"stats", dataset, "--json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, HasSubstr("\"photos\":0"));
}

TEST_F(DatasetTest, APersonReviewsOnATerminalAndGoesOnLater) {
  const std::string dataset = folder_ / "reviewed";
  for (const std::vector<std::string>& words : {
           std::vector<std::string>{"import", dataset, "--from", folder_ / "list.csv", "--root",
                                    folder_ / "photos"},
           {"cot", dataset, "--api-url", teacher_.url(), "--api-model", "teacher",
            "--filter-theta-km", "25", "--cot-photos", "3", "--judge-photos", "0"},
       }) {
    std::vector<std::string> all = {"dataset"};
    all.insert(all.end(), words.begin(), words.end());
    const ProgramResult result = Gre(all);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  options_.environment["TERM"] = "xterm-256color";
  const auto review = [&](const std::vector<TerminalTurn>& turns) {
    return RunOnTerminal(GRE_PROGRAM, {"dataset", "review", dataset, "--annotator", "ann"},
                         options_, turns);
  };
  const ProgramResult first = review({{"(3 left) > ", "k\n"},
                                      {"(2 left) > ", "u\n"},
                                      {"(3 left) > ", "f\n"},
                                      {"a reason is wanted", ""},
                                      {"(3 left) > ", "f w\n"},
                                      {"single dot:", "<think>A café.</think>\n"},
                                      {"", "<answer>48.8, 2.3</answer>\n.\n"},
                                      {"(2 left) > ", "d h\n"},
                                      {"(1 left) > ", "q\n"}});
  EXPECT_EQ(first.exit_code, 0) << first.out;
  EXPECT_THAT(first.out, HasSubstr("3 entries of 'cot' are undecided by ann"));
  EXPECT_THAT(first.out, HasSubstr("\x1b["));  // the photo in colour
  EXPECT_THAT(first.out, HasSubstr("2 decisions stored"));
  const ProgramResult interrupted = review({{"(1 left) > ", "f w\n"}, {"single dot:", "\x03"}});
  EXPECT_EQ(interrupted.exit_code, 130) << interrupted.out;
  EXPECT_THAT(interrupted.out, HasSubstr("0 decisions stored"));
  const ProgramResult last = review({{"(1 left) > ", "k\n"}});
  EXPECT_EQ(last.exit_code, 0) << last.out;
  EXPECT_THAT(last.out, HasSubstr("1 entries of 'cot' are undecided by ann"));

  const auto store = Dataset::Open({dataset, ""});
  ASSERT_TRUE(store.ok());
  EXPECT_THAT(Lines(store->database(),
                    "SELECT annotator, decision, reasons, COALESCE(chain, '') FROM reviews ORDER "
                    "BY photo"),
              ElementsAre("ann|fix|wrong|<think>A café.</think>\n<answer>48.8, 2.3</answer>|",
                          "ann|drop|hallucination||", "ann|keep|||"));
}

}  // namespace
}  // namespace gre
