// The built program as a user meets it: arguments, exit codes, streams, files.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "image/encode.h"
#include "support/program_test.h"
#include "support/schema_checker.h"
#include "support/scripted_http_server.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpReply;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProgramOptions;
using testing::ProgramResult;
using testing::ReceivedRequest;
using testing::Reply;
using testing::RunProgramFile;
using testing::ScriptedHttpServer;

constexpr char kSecret[] = "sk-very-secret";

class CliTest : public testing::ProgramTest {
 protected:
  // `gre WORDS` through a shell in the test's folder.
  ProgramResult Shell(const std::string& words) {
    return RunProgramFile(
        "/bin/bash", {"-c", "cd " + folder_.path() + "; " + GRE_PROGRAM + " " + words}, options_);
  }

  // A small picture; `name` below photos/.
  void WritePhoto(const std::string& name) {
    const RgbImage image{32, 24, std::vector<uint8_t>(32 * 24 * 3, 90)};
    Write("photos/" + name, EncodeJpeg(image).value());
  }
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Content(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::vector<Json> Lines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      const Result<Json> json = ParseJson(line);
      EXPECT_TRUE(json.ok()) << line;
      lines.push_back(json.ok() ? *json : Json());
    }
    return lines;
  }

  // A chat server that always answers Kyoto.
  static Reply Kyoto(const ReceivedRequest&, int) {
    return testing::ChatReply(
        "<think>\n1. [text/language] kanji on the shop -> Japan => Kyoto\n</think>\n"
        "<answer>35.0116, 135.7681</answer>");
  }
  std::vector<std::string> Remote(const ScriptedHttpServer& server,
                                  std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--api-url", server.url(), "--api-model", "m"});
    return arguments;
  }
};

TEST_F(CliTest, VersionHelpAndWrongUse) {
  EXPECT_EQ(Gre({"--version"}).exit_code, 0);
  EXPECT_THAT(Gre({"--version"}).out, ::testing::MatchesRegex("gre [0-9.]+\n"));
  const ProgramResult help = Gre({"locate", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--always-answer"), HasSubstr("--within AREA")));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"lcoate"},
                                             {"locate", "--no-such"},
                                             {"model"},
                                             {"locate"},
                                             {"completion"},
                                             {"locate", "x.jpg", "--samples", "-1"}}) {
    const ProgramResult result = Gre(words);
    EXPECT_EQ(result.exit_code, 2) << words[0];
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(CliTest, CompletionAndManualAreAcceptedByTheirPrograms) {
  ASSERT_TRUE(WriteFileAtomically(Path("gre.bash"), Gre({"completion", "bash"}).out).ok());
  EXPECT_EQ(RunProgramFile("/bin/bash",
                           {"-c", "source " + Path("gre.bash") +
                                      "; COMP_WORDS=(gre locate --with); COMP_CWORD=2; _gre; "
                                      "[[ ${COMPREPLY[*]} == --within ]]"},
                           options_)
                .exit_code,
            0);
  for (const char* shell : {"zsh", "fish"}) {
    EXPECT_THAT(Gre({"completion", shell}).out, HasSubstr("always-answer")) << shell;
  }
  EXPECT_THAT(Gre({"man"}).out, AllOf(HasSubstr(".TH GRE 1"), HasSubstr("max\\-new\\-tokens")));
}

TEST_F(CliTest, AClosedPipeIsNoError) {
  const ProgramResult result = RunProgramFile(
      "/bin/bash",
      {"-c", std::string(GRE_PROGRAM) + " man | head -1 >/dev/null; echo ${PIPESTATUS[0]}"},
      options_);
  EXPECT_EQ(result.out, "0\n");
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(CliTest, AClosedPipeDoesNotCutTheResultsFile) {
  for (int i = 0; i < 5; ++i) {
    WritePhoto("p" + std::to_string(i) + ".jpg");
  }
  const ProgramResult result = Shell(
      "locate photos --metadata-only --out x.jsonl | head -1 >/dev/null; "
      "echo ${PIPESTATUS[0]}");
  EXPECT_EQ(result.out, "0\n");
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_EQ(Lines(Content("x.jsonl")).size(), 5u);
}

// The first file that is opened must not take the number of a closed stream.
TEST_F(CliTest, ClosedStreamsReachNoFile) {
  WritePhoto("a.jpg");
  Write("photos/b.jpg", "no picture");
  Shell("locate photos --metadata-only --out x.jsonl >&- 2>&- <&-");
  EXPECT_EQ(Lines(Content("x.jsonl")).size(), 2u);
  EXPECT_EQ(Shell("locate photos/a.jpg --metadata-only >&-; echo $?").out, "3\n");
}

TEST_F(CliTest, AFullDiskIsOneLineAndKeepsWhatWasThere) {
  WritePhoto("a.jpg");
  ASSERT_EQ(Shell("locate photos --metadata-only --out x.jsonl").exit_code, 0);
  const std::string before = Content("x.jsonl");
  for (int i = 0; i < 4; ++i) {
    WritePhoto("more" + std::to_string(i) + ".jpg");
  }
  const ProgramResult full = RunProgramFile(
      "/bin/bash",
      {"-c", "cd " + folder_.path() + "; ulimit -f 1; " + GRE_PROGRAM +
                 " locate photos --metadata-only --out x.jsonl -q >/dev/null; echo $?"},
      options_);
  EXPECT_EQ(full.out, "3\n");
  EXPECT_EQ(std::count(full.err.begin(), full.err.end(), '\n'), 1) << full.err;
  EXPECT_THAT(Content("x.jsonl"), ::testing::StartsWith(before));
  EXPECT_THAT(Content("x.jsonl"), ::testing::EndsWith("\n"));
}

TEST_F(CliTest, NamesOfAnyKindAreDistinctAndDoneOnce) {
  for (const std::string name :
       {"\xff.jpg", "\xfe.jpg", "[a,b].jpg", "locate", "-x.jpg", " y .jpg", "\x1b[31m.jpg"}) {
    WritePhoto(name);
  }
  const auto run = [&] {
    return Shell("locate photos --include '*' --metadata-only --json --out x.jsonl");
  };
  const ProgramResult first = run();
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const std::string content = Content("x.jsonl");
  std::set<std::string> files;
  for (const Json& record : Lines(content)) {
    files.insert(record["file"].get<std::string>());
  }
  EXPECT_EQ(files.size(), 7u);
  const ProgramResult again = run();
  EXPECT_EQ(Lines(again.out).size(), 7u) << "what is done already is printed, too";
  EXPECT_THAT(again.err, HasSubstr("7 of 7 photos were done before"));
  EXPECT_EQ(Content("x.jsonl"), content);
  const ProgramResult named = Shell("locate photos/'[a,b].jpg' photos/locate --metadata-only");
  EXPECT_THAT(named.out, AllOf(HasSubstr("photos/[a,b].jpg"), HasSubstr("photos/locate")));
}

TEST_F(CliTest, WrongValuesAreCaughtWhateverTheMode) {
  WritePhoto("a.jpg");
  for (const std::string& words :
       {std::string("--within nonsense --dry-run"), std::string("--within Vatican --metadata-only"),
        std::string("--out '' --metadata-only"), std::string("--prompt /no/such --metadata-only"),
        std::string("--files-from /no/such"), std::string("--samples")}) {
    const ProgramResult result = Shell("locate photos/a.jpg --json " + words);
    EXPECT_EQ(result.exit_code, 2) << words;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(Lines(result.out).at(0)["error"]["code"], "invalid_argument") << words;
  }
  EXPECT_THAT(Gre({"locate", "photos", "--within", "Vatican"}).err, HasSubstr("Vatican City"));
  EXPECT_THAT(Gre({"locate", "photos", "--no-such"}).err, HasSubstr("see gre locate --help"));
  EXPECT_EQ(Gre({"model", "check", ""}).exit_code, 2);
  const ProgramResult secret = Gre({"locate", "photos", std::string("--api-key=") + kSecret});
  EXPECT_THAT(secret.err, AllOf(HasSubstr("--api-key"), Not(HasSubstr(kSecret))));
}

TEST_F(CliTest, WithoutAHomeNothingIsWrittenToTheRoot) {
  WritePhoto("a.jpg");
  options_.environment.erase("HOME");
  options_.environment.erase("XDG_CACHE_HOME");
  options_.environment.erase("XDG_CONFIG_HOME");
  const ProgramResult result = Shell("locate photos/a.jpg --metadata-only --out x.html");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("set HOME or XDG_CACHE_HOME"));
  EXPECT_FALSE(fs::exists("/.cache/gre"));
  EXPECT_EQ(Shell("locate photos/a.jpg --metadata-only --out x.jsonl").exit_code, 0);
}

TEST_F(CliTest, ListsMayComeFromPipes) {
  WritePhoto("a.jpg");
  WritePhoto("b.jpg");
  const ProgramResult result = Shell(
      "locate --files-from <(printf 'photos/a.jpg\\0photos/b.jpg\\0') --metadata-only --json");
  EXPECT_EQ(Lines(result.out).size(), 2u) << result.err;
}

TEST_F(CliTest, AFolderWithoutPhotosDoesNotStopTheOthers) {
  WritePhoto("a.jpg");
  fs::create_directories(folder_ / "empty");
  const ProgramResult result = Shell("locate photos empty missing.jpg --metadata-only --json");
  EXPECT_EQ(result.exit_code, 1);
  const std::vector<Json> records = Lines(result.out);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["status"], "abstained");
  EXPECT_EQ(records[1]["status"], "failed");
  EXPECT_EQ(records[2]["status"], "failed");
}

TEST_F(CliTest, OneBadPhotoDoesNotStopTheBatch) {
  WritePhoto("a.jpg");
  WritePhoto("c.jpg");
  Write("photos/b.jpg", "no picture");
  const ProgramResult result = Gre({"locate", Path("photos"), "--metadata-only", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  const std::vector<Json> records = Lines(result.out);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["file"], "a.jpg");
  EXPECT_EQ(records[0]["status"], "abstained");
  EXPECT_EQ(records[1]["status"], "failed");
  EXPECT_THAT(records[1]["error"]["message"], HasSubstr("not a picture"));
  EXPECT_EQ(records[2]["status"], "abstained");
}

TEST_F(CliTest, AServedModelAnswersAndItsKeyStaysSecret) {
  WritePhoto("a.jpg");
  options_.environment["MY_KEY"] = kSecret;
  const ScriptedHttpServer server(Kyoto);
  const ProgramResult result =
      Gre(Remote(server, {"locate", Path("photos/a.jpg"), "--json", "--api-key-env", "MY_KEY",
                          "--log-level", "debug", "--out", Path("a.html")}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json record = Lines(result.out).at(0);
  EXPECT_EQ(record["schema"], "gre.locate/1");
  EXPECT_EQ(record["status"], "ok");
  EXPECT_EQ(record["answer"]["latitude"], 35.0116);
  EXPECT_EQ(record["answer"]["place"]["country_code"], "JP");
  EXPECT_EQ(record["chain"][0]["family"], "text");
  EXPECT_EQ(record["engine"]["kind"], "remote");
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), std::string("Bearer ") + kSecret);
  EXPECT_THAT(Content("a.html"), HasSubstr("Kyoto"));
  for (const std::string& text : {result.out, result.err, Content("a.html")}) {
    EXPECT_THAT(text, Not(HasSubstr(kSecret)));
  }
  const ProgramResult report = Gre(Remote(server, {"locate", Path("photos/a.jpg")}));
  EXPECT_THAT(report.out, AllOf(HasSubstr("Japan"), HasSubstr("kanji on the shop")));
}

TEST_F(CliTest, ALaterRunDoesOnlyWhatIsLeft) {
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
    WritePhoto(name);
  }
  const ScriptedHttpServer server(Kyoto);
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"locate", Path("photos"), "--out", Path("out.jsonl")};
    words.insert(words.end(), more.begin(), more.end());
    return Gre(Remote(server, words));
  };
  EXPECT_THAT(run({"--dry-run"}).out, HasSubstr("locate  c.jpg"));
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(run({"--limit", "2"}).exit_code, 0);
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_THAT(run({"--dry-run"}).out,
              AllOf(HasSubstr("done    a.jpg"), HasSubstr("locate  c.jpg")));
  EXPECT_EQ(run({}).exit_code, 0);
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(Lines(Content("out.jsonl")).size(), 3u);

  const std::string before = Content("out.jsonl");
  const ProgramResult other = run({"--seed", "7"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("other settings"));
  EXPECT_EQ(Content("out.jsonl"), before);
  EXPECT_EQ(run({"--seed", "7", "--force"}).exit_code, 0);
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(CliTest, CtrlCKeepsWhatIsDone) {
  for (int i = 0; i < 6; ++i) {
    WritePhoto("p" + std::to_string(i) + ".jpg");
  }
  // The first four answers come at once, the others not within the test's patience.
  const ScriptedHttpServer server([&](const ReceivedRequest& request, int number) -> Reply {
    if (number < 4) {
      return Kyoto(request, number);
    }
    std::ofstream(folder_ / "waiting");
    Reply slow = Kyoto(request, number);
    slow[0].wait_ms = 3000;
    return slow;
  });
  options_.interrupt_after_ms = 1;
  options_.interrupt_when = Path("waiting");
  const ProgramResult result =
      Gre(Remote(server, {"locate", Path("photos"), "--out", Path("out.geojson")}));
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("interrupted after 4 of 6 photos; they are in " +
                                    Path("out.geojson") + "; the same command goes on"));
  const Result<Json> map = ParseJson(Content("out.geojson"));
  ASSERT_TRUE(map.ok());
  int photos = 0;
  for (const Json& feature : (*map)["features"]) {
    photos += feature["properties"].value("kind", "") == "photo" ? 1 : 0;
  }
  EXPECT_EQ(photos, 4);
}

TEST_F(CliTest, WhatTheEnvironmentLacksIsExitThree) {
  WritePhoto("a.jpg");
  const ProgramResult model = Gre({"locate", Path("photos/a.jpg"), "--model", "Some/Model"});
  EXPECT_EQ(model.exit_code, 3);
  EXPECT_THAT(model.err, HasSubstr("gre model fetch Some/Model"));
  const ProgramResult server = Gre({"locate", Path("photos/a.jpg"), "--api-url",
                                    "http://127.0.0.1:9", "--api-model", "m", "--timeout", "5"});
  EXPECT_EQ(server.exit_code, 3) << server.err;
  EXPECT_THAT(server.err, HasSubstr("127.0.0.1:9"));
}

TEST_F(CliTest, ADeadServerGivesEveryPhotoARecordAndExitThree) {
  for (int i = 0; i < 6; ++i) {
    WritePhoto("p" + std::to_string(i) + ".jpg");
  }
  const ScriptedHttpServer server([](const ReceivedRequest&, int) -> Reply {
    return {{HttpReply(401, "{}"), 0}};
  });
  const ProgramResult result = Gre(Remote(
      server, {"locate", Path("photos"), "--json", "--concurrency", "2", "--out", Path("o.csv")}));
  EXPECT_EQ(result.exit_code, 3) << result.err;
  const std::vector<Json> records = Lines(result.out);
  ASSERT_EQ(records.size(), 6u);
  for (const Json& record : records) {
    EXPECT_EQ(record["status"], "failed");
    EXPECT_THAT(record["error"]["message"], HasSubstr(server.url()));
  }
  EXPECT_EQ(server.requests().size(), 4u) << "the last two would fail the same way";
  EXPECT_THAT(Content("o.csv"), HasSubstr("p5.jpg"));
}

// Regression: a server that never answered was called the photo's failure (1), and all photos
// waited for it in turn.
TEST_F(CliTest, AHungServerWasThePhotosFailure) {
  for (int i = 0; i < 6; ++i) {
    WritePhoto("p" + std::to_string(i) + ".jpg");
  }
  const ScriptedHttpServer server([](const ReceivedRequest&, int) -> Reply {
    return {{HttpReply(200, "late"), 20'000}};
  });
  const ProgramResult result =
      Gre(Remote(server, {"locate", Path("photos"), "--json", "--timeout", "0.2"}));
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_EQ(Lines(result.out).size(), 6u);
  EXPECT_THAT(result.out, HasSubstr("not tried after 4 failures in a row"));
}

TEST_F(CliTest, KeysThatCannotBeSentAreUsageErrors) {
  WritePhoto("a.jpg");
  const ScriptedHttpServer server(Kyoto);
  Write("key", std::string(kSecret) + "\r\nX-Injected: 1\n");
  Write("good_key", std::string(kSecret) + "\r\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"locate", Path("photos/a.jpg")};
    words.insert(words.end(), more.begin(), more.end());
    return Gre(Remote(server, words));
  };
  const ProgramResult injected = run({"--api-key-file", Path("key")});
  EXPECT_EQ(injected.exit_code, 2);
  EXPECT_THAT(injected.err, AllOf(HasSubstr("line break"), Not(HasSubstr(kSecret))));
  const ProgramResult unset = run({"--api-key-env", "NO_SUCH_KEY"});
  EXPECT_EQ(unset.exit_code, 2);
  EXPECT_THAT(unset.err, HasSubstr("NO_SUCH_KEY"));
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(run({"--api-key-file", Path("good_key")}).exit_code, 0);
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), std::string("Bearer ") + kSecret);
}

TEST_F(CliTest, TheTimeoutIsBoundedAndCoversDownloads) {
  const ScriptedHttpServer server([](const ReceivedRequest&, int) -> Reply {
    return {{HttpReply(200, "late"), 20'000}};
  });
  EXPECT_EQ(Gre({"locate", "x.jpg", "--timeout", "1e12"}).exit_code, 2);
  const std::string url =
      "http://me:" + std::string(kSecret) + "@" + server.url().substr(7) + "/a.jpg";
  const ProgramResult late = Gre({"locate", url, "--metadata-only", "--timeout", "0.2", "--json"});
  EXPECT_EQ(late.exit_code, 1) << late.err;
  EXPECT_THAT(late.out, AllOf(HasSubstr("within 0.2 s (--timeout)"), Not(HasSubstr(kSecret))));
}

TEST_F(CliTest, SettingsComeFromFlagEnvironmentAndFile) {
  WritePhoto("a.jpg");
  Write("config/gre/config.toml", "[locate]\nmetadata-only = true\njson = true\n");
  const ProgramResult result = Gre({"locate", Path("photos/a.jpg")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Lines(result.out).at(0)["status"], "abstained");
  Write("config/gre/config.toml", "[locate]\nmetadataonly = true\n");
  EXPECT_EQ(Gre({"locate", Path("photos/a.jpg")}).exit_code, 2);
}

TEST_F(CliTest, PhotosFromStandardInputAndFromAUrl) {
  WritePhoto("a.jpg");
  const std::string jpeg = Content("photos/a.jpg");
  options_.input = jpeg;
  const ProgramResult piped = Gre({"locate", "-", "--metadata-only", "--json"});
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_EQ(Lines(piped.out).at(0)["file"], "-");
  const ScriptedHttpServer server([&](const ReceivedRequest& request, int) -> Reply {
    return {{request.target == "/a.jpg" ? HttpReply(200, jpeg) : HttpReply(404, "gone"), 0}};
  });
  EXPECT_EQ(Gre({"locate", server.url() + "/a.jpg", "--metadata-only"}).exit_code, 0);
  const ProgramResult missing = Gre({"locate", server.url() + "/b.jpg", "--metadata-only"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("answers 404"));
}

// The first command of a new user: no photo of China was ever among the training labels, so "cannot
// tell" is as good an answer as any.
TEST_F(CliTest, TheEmbeddedModelReadsTheExamplePhoto) {
  const fs::path program = GRE_PROGRAM;
  if (!fs::exists(program.parent_path().parent_path() / "lib/libgre_torch.so") ||
      !fs::exists(fs::path(GRE_SOURCE_DIR) / "models/gre-nano")) {
    GTEST_SKIP() << "built without LibTorch or the embedded model";
  }
  const std::string photo = std::string(GRE_SOURCE_DIR) + "/examples/china.jpg";
  const ProgramResult first = Gre({"locate", photo, "--json", "--always-answer"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  Json record = Lines(first.out).at(0);
  EXPECT_EQ(record["engine"]["kind"], "embedded");
  EXPECT_EQ(record["samples"], 8);
  EXPECT_FALSE(record["answer"].is_null());
  EXPECT_FALSE(record["chain"].empty());
  Json again = Lines(Gre({"locate", photo, "--json", "--always-answer"}).out).at(0);
  record.erase("timing_ms");
  again.erase("timing_ms");
  EXPECT_EQ(record, again) << "equal seeds give equal answers";
}

TEST_F(CliTest, TrainingSaysWhatItLeft) {
  if (!fs::exists(fs::path(GRE_PROGRAM).parent_path().parent_path() / "lib/libgre_torch.so")) {
    GTEST_SKIP() << "built without LibTorch";
  }
  WritePhoto("a.jpg");
  const Json record = {
      {"conversations",
       {{{"from", "human"}, {"value", "<image>Where?"}},
        {{"from", "gpt"}, {"value", "<think>1. Sea.</think><answer>1.5, 2.5</answer>"}}}},
      {"images", {"a.jpg"}}};
  ASSERT_TRUE(WriteFileAtomically(Path("photos/train.json"), Json::array({record}).dump()).ok());
  const std::string recipe = "[model]\nbase = \"" GRE_SOURCE_DIR
                             "/tests/goldens/model\"\nmax_pixels = 3136\n[data]\ntrain = "
                             "\"photos/train.json\"\n[optim]\nlearning_rate = 0.01\n"
                             "[checkpoint]\ndirectory = \"run\"\n";
  ASSERT_TRUE(WriteFileAtomically(Path("r.toml"), recipe).ok());
  const ProgramResult result = Shell("train sft --config r.toml --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const testing::SchemaChecker checker(
      ReadJsonFile(GRE_SOURCE_DIR "/docs/train-schema.json").value());
  const std::vector<Json> lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 1U) << result.out;
  EXPECT_EQ(checker.Check(lines[0]), "");
  EXPECT_EQ(lines[0]["updates"], 1);
}

TEST_F(CliTest, DoctorReportsInJson) {
  const ProgramResult result = Gre({"doctor", "--json"});
  const Result<Json> report = ParseJson(result.out);
  ASSERT_TRUE(report.ok()) << result.out << result.err;
  EXPECT_EQ((*report)["schema"], "gre.doctor/1");
  EXPECT_EQ(result.exit_code, (*report)["ok"] == true ? 0 : 3);
  for (const Json& check : (*report)["checks"]) {
    EXPECT_EQ(check["status"] != "ok", check["advice"] != "") << check;
  }
}

}  // namespace
}  // namespace gre
