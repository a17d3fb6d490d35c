#include "cli/results_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "report/locate_json.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ResultsFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / ("gre_results_file_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  Result<ResultsFile> Open(const std::string& name, const std::string& settings = "s1",
                           bool force = false) {
    return ResultsFile::Open({.path = (root_ / name).string(),
                              .cache_dir = (root_ / "cache").string(),
                              .settings_hash = settings,
                              .force = force,
                              .single = false});
  }

  static LocateResult Answer(const std::string& file, double latitude) {
    LocateResult result;
    result.file = file;
    result.status = LocateStatus::kOk;
    result.answer = LocateAnswer{{latitude, 20}, 10, 50, 0.5, false, {}};
    result.chain = {{.family = Family::kTerrain, .observation = "hills", .inference = "\"x\"\n"}};
    return result;
  }
  static LocateResult Failure(const std::string& file) {
    LocateResult result;
    result.file = file;
    result.error = Error{ErrorCode::kInvalidInput, "damaged"};
    return result;
  }

  std::string Content(const std::string& name) {
    std::ifstream file(root_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path root_;
};

TEST_F(ResultsFileTest, ALaterRunFindsWhatIsDoneInEveryFormat) {
  for (const std::string name : {"x.jsonl", "x.json", "x.geojson", "x.kml", "x.csv", "x.html"}) {
    {
      Result<ResultsFile> file = Open(name);
      ASSERT_TRUE(file.ok()) << file.error().message;
      ASSERT_TRUE(file->Add(Answer("a.jpg", 10), "f1").ok());
      ASSERT_TRUE(file->Add(Failure("b.jpg"), "f2").ok());
      // Killed here: Finish is never called.
    }
    Result<ResultsFile> file = Open(name);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const LocateResult* found = file->Find("a.jpg", "f1");
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(LocateJson(*found), LocateJson(Answer("a.jpg", 10)));
    EXPECT_EQ(file->Find("a.jpg", "changed"), nullptr);
    EXPECT_EQ(file->Find("b.jpg", "f2"), nullptr) << "failures are tried again";
    ASSERT_TRUE(file->Finish({*found}).ok());
    EXPECT_TRUE(fs::exists(root_ / name));
  }
}

TEST_F(ResultsFileTest, OtherSettingsAndForeignFilesAreRefusedWithoutForce) {
  ASSERT_TRUE(Open("x.jsonl")->Add(Answer("a.jpg", 10), "f1").ok());
  const Result<ResultsFile> other = Open("x.jsonl", "s2");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(other.error().message, HasSubstr("other settings"));
  EXPECT_TRUE(Open("x.jsonl", "s2", true).ok());
  EXPECT_EQ(Content("x.jsonl"), "");

  for (const std::string name : {"foreign.jsonl", "foreign.csv"}) {
    std::ofstream(root_ / name) << "precious\n";
    const Result<ResultsFile> foreign = Open(name);
    ASSERT_FALSE(foreign.ok()) << name;
    EXPECT_THAT(foreign.error().message, HasSubstr("--force"));
    EXPECT_EQ(Content(name), "precious\n");
  }
}

TEST_F(ResultsFileTest, ATornLastLineIsForgotten) {
  {
    Result<ResultsFile> file = Open("x.jsonl");
    ASSERT_TRUE(file->Add(Answer("a.jpg", 10), "f1").ok());
  }
  std::ofstream(root_ / "x.jsonl", std::ios::app) << R"({"schema":"gre.locate/1","fi)";
  const Result<ResultsFile> file = Open("x.jsonl");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_NE(file->Find("a.jpg", "f1"), nullptr);
}

TEST_F(ResultsFileTest, NamesThatCannotBeWritten) {
  EXPECT_THAT(Open("x.txt").error().message, HasSubstr("expected a name that ends in"));
  EXPECT_THAT(Open("no/such/x.json").error().message, HasSubstr("there is no folder"));
}

}  // namespace
}  // namespace gre
