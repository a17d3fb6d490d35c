// What `gre bench` reads and writes, when files are not as they should be: each test is a defect
// that was.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/json.h"
#include "support/program_test.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProgramResult;

class BenchFilesTest : public testing::ProgramTest {
 protected:
  void SetUp() override {
    std::string rows = "id,lat,lon\n";
    for (int i = 0; i < 40; ++i) {
      const std::string number = std::to_string(i);
      rows.append("p").append(number).append(",").append(number).append(",");
      rows.append(number).append("\n");
    }
    truth_ = Write("truth.csv", rows);
    first_ = Write("a.csv", rows);
    second_ = Write("b.csv", rows);
  }

  // `gre bench COMMAND` on both systems.
  ProgramResult Bench(const std::string& command, std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"bench",         command, "--predictions", first_,
                                          "--predictions", second_, "--truth",       truth_,
                                          "--resamples",   "100"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Gre(arguments);
  }
  std::string Path(const std::string& name) const { return folder_ / name; }

  std::string truth_, first_, second_;
};

TEST_F(BenchFilesTest, FuseWroteOverItsInputs) {
  const std::string before = *ReadFile(first_);
  fs::create_symlink(truth_, Path("link.csv"));
  const std::vector<std::vector<std::string>> wrong = {
      {"--out", first_, "--force"},
      {"--out", Path("link.csv"), "--force"},
      {"--out", Path("f.csv"), "--save-weights", truth_, "--force"},
      {"--out", Path("f.csv"), "--save-weights", Path("f.csv")},
  };
  for (const std::vector<std::string>& arguments : wrong) {
    const ProgramResult result = Bench("fuse", arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("name another one"));
  }
  EXPECT_EQ(*ReadFile(first_), before);
  EXPECT_EQ(*ReadFile(truth_), before);
  EXPECT_FALSE(FileExists(Path("f.csv")));
}

TEST_F(BenchFilesTest, OtherCommandsWroteOverTheirInputs) {
  const std::string before = *ReadFile(truth_);
  const std::string bench = Write("bench.jsonl", "{\"id\": \"a\", \"lat\": 1, \"lon\": 2}\n");
  const std::vector<std::vector<std::string>> wrong = {
      {"import", "streetview", bench, "--out", bench, "--force"},
      {"build", "--photos", folder_.path(), "--truth", bench, "--out", bench, "--force"},
      {"run", "--truth", bench, "--out", bench, "--force"},
      {"compare", "--predictions", first_, "--predictions", second_, "--truth", truth_,
       "--list-changes", truth_, "--force"},
      {"report", "--predictions", bench, "--truth", truth_, "--photos", folder_.path(), "--out",
       folder_.path(), "--force"},
  };
  for (std::vector<std::string> arguments : wrong) {
    arguments.insert(arguments.begin(), "bench");
    const ProgramResult result = Gre(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("this file is read as ")) << arguments[1];
  }
  EXPECT_EQ(*ReadFile(truth_), before);
  EXPECT_EQ(ReadFile(bench)->size(), 32u);
}

TEST_F(BenchFilesTest, FilesThatExistedWereOverwrittenUnasked) {
  const std::string diary = Write("diary.csv", "dear diary");
  const std::string page = Write("diary.html", "dear diary");
  const std::string bench = Write("diary.jsonl", "dear diary");
  const std::vector<std::vector<std::string>> commands = {
      {"fuse", "--out", diary},
      {"fuse", "--save-weights", diary},
      {"compare", "--list-changes", diary},
      {"report", "--out", page},
      {"report", "--out", folder_.path()},
  };
  for (const std::vector<std::string>& each : commands) {
    const ProgramResult result = Bench(each[0], {each.begin() + 1, each.end()});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("--force overwrites"));
  }
  for (const std::string& out : {diary, page, bench}) EXPECT_EQ(*ReadFile(out), "dear diary");
  EXPECT_EQ(Gre({"bench", "import", "streetview", truth_, "--out", bench}).exit_code, 2);
  EXPECT_EQ(Gre({"bench", "build", "--photos", folder_.path(), "--truth", truth_, "--out", bench})
                .exit_code,
            2);
  EXPECT_EQ(*ReadFile(bench), "dear diary");
  EXPECT_EQ(Bench("compare", {"--list-changes", diary, "--force"}).exit_code, 0);
  EXPECT_THAT(*ReadFile(diary), Not(HasSubstr("dear")));
}

TEST_F(BenchFilesTest, BuildMadeAnEmptyBenchmarkOfAMissingFolder) {
  const std::string bench = Write("bench.jsonl", "a good benchmark");
  const ProgramResult missing = Gre(
      {"bench", "build", "--photos", Path("nope"), "--truth", truth_, "--out", bench, "--force"});
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_THAT(missing.err, HasSubstr("there is no such folder"));
  const ProgramResult empty = Gre({"bench", "build", "--photos", folder_.path(), "--truth", truth_,
                                   "--out", bench, "--force", "--no-faces"});
  EXPECT_EQ(empty.exit_code, 2) << empty.err;
  EXPECT_THAT(empty.err, HasSubstr("the benchmark would be empty"));
  EXPECT_EQ(*ReadFile(bench), "a good benchmark");
}

TEST_F(BenchFilesTest,
       FiguresOfPlacesWentMissingWithoutAWord) {  // there is no table of places here
  const ProgramResult result = Bench("score", {});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("region, sub-region, city and nearest country are not computed"));
  EXPECT_EQ(Bench("score", {"--places", "on"}).exit_code, 3);
}

TEST_F(BenchFilesTest, OptionsThatContradictThemselvesWereTaken) {
  const std::vector<std::vector<std::string>> wrong = {
      {"fuse", "--predictions", first_},
      {"score", "--truth", second_},
      {"score", "--pred-lat", "lat", "--pred-lon", "lat"},
      {"score", "--truth-lat", "lon", "--truth-lon", "lon"},
      {"score", "--thresholds", "1e308"},
  };
  for (const std::vector<std::string>& each : wrong) {
    const ProgramResult result = Bench(each[0], {each.begin() + 1, each.end()});
    EXPECT_EQ(result.exit_code, 2) << each[1] << ": " << result.err;
  }
}

TEST_F(BenchFilesTest, AFileWithAHeaderAloneWasSaidToHoldNoKnownId) {
  const std::string empty = Write("empty.csv", "id,lat,lon\n");
  const std::vector<std::vector<std::string>> commands = {
      {"bench", "score", "--predictions", empty, "--truth", truth_},
      {"bench", "score", "--predictions", first_, "--truth", empty},
      {"bench", "fuse", "--predictions", first_, "--predictions", empty, "--truth", truth_}};
  for (const std::vector<std::string>& command : commands) {
    const ProgramResult result = Gre(command);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("empty.csv: expected at least one record, found none"));
  }
}

TEST_F(BenchFilesTest, ImportLeftAListOfAnotherImportBehind) {
  const std::string table =
      Write("labels.csv", "image,lat,lng\na.jpg,48.85,2.35\nb.jpg,35.68,139.69\n=cmd|calc,x,1\n");
  const std::string bench = Path("bench.jsonl");
  const std::string list = bench + ".dropped.csv";
  EXPECT_EQ(Gre({"bench", "import", "streetview", table, "--out", bench}).exit_code, 1);
  EXPECT_THAT(*ReadFile(list), HasSubstr("labels.csv:4,'=cmd|calc,"));  // no formula
  Write("labels.csv", "image,lat,lng\na.jpg,48.85,2.35\nb.jpg,35.68,139.69\n");
  EXPECT_EQ(Gre({"bench", "import", "streetview", table, "--out", bench, "--force"}).exit_code, 0);
  EXPECT_FALSE(FileExists(list));
}

}  // namespace
}  // namespace gre
