// `gre locate` on whole folders: killed and continued runs, every output format, the embedded model
// on the example photos.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

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
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProgramResult;
using testing::ReceivedRequest;
using testing::Reply;
using testing::RunProgramFile;
using testing::SchemaChecker;
using testing::ScriptedHttpServer;

class LocateTest : public testing::ProgramTest {
 protected:
  ProgramResult LocateRemotely(const ScriptedHttpServer& server, const std::string& out) const {
    return Gre({"locate", folder_ / "photos", "--api-url", server.url(), "--api-model", "m",
                "--out", folder_ / out});
  }
  // Photos of different brightness, so that their requests differ.
  void WritePhotos(int count) const {
    for (int i = 0; i < count; ++i) {
      const RgbImage image{32, 24, std::vector<uint8_t>(32 * 24 * 3, static_cast<uint8_t>(40 * i))};
      Write("photos/" + std::to_string(i) + ".jpg", EncodeJpeg(image).value());
    }
  }
  [[nodiscard]] std::string Content(const std::string& name) const {
    return ReadFile(folder_ / name).value();
  }
  // Durable results of a run: lines of the file itself or of its journal in the cache.
  [[nodiscard]] int KeptResults(const std::string& out) const {
    std::string text;
    const auto append = [&](const std::string& path) {
      const Result<std::string> content = ReadFile(path);
      if (content.ok()) text += *content;
    };
    append(folder_ / out);
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache", ignored)) {
      append(entry.path().string());
    }
    int count = 0;
    for (const std::string& line : Lines(text))
      count += line.find("gre.locate/1") != std::string::npos ? 1 : 0;
    return count;
  }
  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  static void ExpectMeetsSchema(const std::string& record) {
    static const SchemaChecker checker(
        ReadJsonFile(GRE_SOURCE_DIR "/docs/locate-schema.json").value());
    Result<Json> json = ParseJson(record);
    ASSERT_TRUE(json.ok()) << record;
    json->erase("run");  // what a results file needs to be continued
    EXPECT_EQ(checker.Check(*json), "") << record;
  }

  static Reply Suva(const ReceivedRequest&, int) {
    return testing::ChatReply(
        "<think>\n1. [text/language] \"Bula\" & <b>palms</b> -> Fiji => Suva\n</think>\n"
        "<answer>-18.1416, 178.4419</answer>");
  }
};

TEST_F(LocateTest, AKilledRunIsContinuedWithoutLossOrRepetition) {
  WritePhotos(6);
  for (const std::string& out : {std::string("out.jsonl"), std::string("out.geojson")}) {
    fs::remove(folder_ / "waiting");
    fs::remove_all(folder_ / "cache");
    std::mutex mutex;
    std::map<std::string, int> answered;  // by request
    std::atomic<bool> killed = false;
    const auto answer = [&](const ReceivedRequest& request) {
      const std::scoped_lock lock(mutex);
      ++answered[request.body];
      return Suva(request, 0);
    };
    // Four photos are asked about together and answered; the others wait, and once those four are
    // kept and both others have arrived the run is killed.
    const ScriptedHttpServer server([&](const ReceivedRequest& request, int number) -> Reply {
      if (number < 4 || killed) return answer(request);
      while (KeptResults(out) < 4) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (number == 5) std::ofstream(folder_ / "waiting");  // both have arrived
      while (!killed) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return {};
    });
    options_.interrupt_after_ms = 1;
    options_.interrupt_when = folder_ / "waiting";
    options_.interrupt_signal = SIGKILL;
    EXPECT_EQ(LocateRemotely(server, out).exit_code, 128 + SIGKILL);
    killed = true;
    options_.interrupt_after_ms = 0;
    const ProgramResult rest = LocateRemotely(server, out);
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    EXPECT_EQ(answered.size(), 6u) << out;
    for (const auto& [request, times] : answered) EXPECT_EQ(times, 1) << out;
    if (out == "out.jsonl") {
      std::vector<std::string> files;
      for (const std::string& line : Lines(Content(out))) {
        ExpectMeetsSchema(line);
        files.push_back(ParseJson(line)->at("file").get<std::string>());
      }
      EXPECT_EQ(files.size(), 6u);
      EXPECT_EQ(std::set<std::string>(files.begin(), files.end()).size(), 6u);
    } else {
      EXPECT_EQ(ParseJson(Content(out))->at("features").size(), 18u);  // photo and two discs each
    }
  }
}

TEST_F(LocateTest, EveryFormatHoldsEveryPhoto) {
  WritePhotos(2);
  std::ofstream(folder_ / "photos/broken.jpg") << "no photo";
  const ScriptedHttpServer server(Suva);
  for (const char* extension : {"json", "jsonl", "geojson", "kml", "csv", "html"}) {
    EXPECT_EQ(LocateRemotely(server, std::string("out.") + extension).exit_code, 1) << extension;
  }
  const Json array = ParseJson(Content("out.json")).value();
  ASSERT_EQ(array.size(), 3u);
  for (const Json& record : array) ExpectMeetsSchema(record.dump());
  const auto lines = Lines(Content("out.jsonl"));
  ASSERT_EQ(lines.size(), 3u);
  for (const std::string& line : lines) ExpectMeetsSchema(line);

  const Json map = ParseJson(Content("out.geojson")).value();
  EXPECT_EQ(map["type"], "FeatureCollection");
  std::map<std::string, int> kinds;
  for (const Json& feature : map["features"]) {
    ++kinds[feature["properties"]["kind"].get<std::string>()];
    if (feature["geometry"].is_null() || feature["geometry"]["type"] != "Point") continue;
    EXPECT_EQ(feature["geometry"]["coordinates"], Json({178.4419, -18.1416}));
  }
  EXPECT_EQ(kinds["photo"], 3);
  EXPECT_EQ(kinds["radius_90"], 2);

  const std::string kml = Content("out.kml");
  for (const char* text : {"<?xml ", "0.jpg", "1.jpg", "broken.jpg", "178.441900,-18.141600"}) {
    EXPECT_THAT(kml, HasSubstr(text));
  }
  EXPECT_EQ(RunProgramFile("/usr/bin/python3",
                           {"-c", "import sys,xml.dom.minidom as m; m.parse(sys.argv[1])",
                            folder_ / "out.kml"},
                           options_)
                .exit_code,
            0)
      << kml;

  const ProgramResult table =
      RunProgramFile("/usr/bin/python3",
                     {"-c",
                      "import csv,sys; rows = list(csv.reader(open(sys.argv[1], newline=''))); "
                      "print(len(rows), len({len(row) for row in rows}))",
                      folder_ / "out.csv"},
                     options_);
  EXPECT_EQ(table.out, "4 1\n") << table.err;

  const std::string html = Content("out.html");
  EXPECT_THAT(html, HasSubstr("Content-Security-Policy"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;palms"));
  for (const char* text : {"<b>palms", "src=\"http", "href=\"http", "url(http", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(text)));
  }
}

// Two of the photos show no place at all.
TEST_F(LocateTest, TheEmbeddedModelJudgesEveryExamplePhoto) {
  const fs::path program = GRE_PROGRAM;
  if (!fs::exists(program.parent_path().parent_path() / "lib/libgre_torch.so") ||
      !fs::exists(fs::path(GRE_SOURCE_DIR) / "models/gre-nano")) {
    GTEST_SKIP() << "built without LibTorch or the embedded model";
  }
  const ProgramResult result = Gre({"locate", GRE_SOURCE_DIR "/examples", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 5u);
  for (const std::string& line : lines) {
    ExpectMeetsSchema(line);
    const Json record = ParseJson(line).value();
    EXPECT_FALSE(record["chain"].empty()) << line;
    const auto file = record["file"].get<std::string>();
    if (file == "cat.jpg" || file == "coffee.jpg") {
      EXPECT_EQ(record["status"], "abstained") << line;
      EXPECT_TRUE(record["answer"].is_null()) << line;
    }
  }
}

}  // namespace
}  // namespace gre
