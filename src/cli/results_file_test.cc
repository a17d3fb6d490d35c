#include "cli/results_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "localizer/locate_json.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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
                              .force = force});
  }
  // One run over one photo; `complete` = it came to its end.
  void Run(const std::string& name, const LocateResult& result, const std::string& place = "p",
           const std::string& settings = "s1", bool force = false, bool complete = true) {
    Result<ResultsFile> file = Open(name, settings, force);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const RgbImage photo{4, 4, std::vector<uint8_t>(48, 90)};
    ASSERT_TRUE(file->Add({place, "f1", result}, &photo).ok());
    ASSERT_TRUE(file->Finish({{result.file, place}}, complete).ok());
  }

  static LocateResult Answer(const std::string& file, double latitude) {
    LocateResult result;
    result.file = file;
    result.status = LocateStatus::kOk;
    result.answer = LocateAnswer{{latitude, 20}, 10, 50, 0.5, ConfidenceSource::kSamples, {}};
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

const std::vector<std::string> kAllFormats = {"x.jsonl", "x.json", "x.geojson",
                                              "x.kml",   "x.csv",  "x.html"};

TEST_F(ResultsFileTest, ALaterRunFindsWhatIsDoneInEveryFormat) {
  for (const std::string& name : kAllFormats) {
    {
      Result<ResultsFile> file = Open(name);
      ASSERT_TRUE(file.ok()) << file.error().message;
      ASSERT_TRUE(file->Add({"p", "f1", Answer("a.jpg", 10)}, nullptr).ok());
      ASSERT_TRUE(file->Add({"p", "f2", Failure("b.jpg")}, nullptr).ok());
      // Killed here: Finish is never called.
    }
    Result<ResultsFile> file = Open(name);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const LocateResult* found = file->Find({"a.jpg", "p"}, "f1");
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(LocateJson(*found), LocateJson(Answer("a.jpg", 10)));
    EXPECT_EQ(file->Find({"a.jpg", "p"}, "changed"), nullptr);
    EXPECT_EQ(file->Find({"a.jpg", "other folder"}, "f1"), nullptr);
    EXPECT_EQ(file->Find({"b.jpg", "p"}, "f2"), nullptr) << "failures are tried again";
    ASSERT_TRUE(file->Finish({}, true).ok());
    EXPECT_TRUE(fs::exists(root_ / name));
  }
}

TEST_F(ResultsFileTest, RunsOverOtherPhotosAddUp) {
  for (const std::string& name : kAllFormats) {
    Run(name, Answer("first.jpg", 10), "trip");
    Run(name, Answer("second.jpg", 11), "trip");
    Run(name, Answer("first.jpg", 12.5), "another folder");
    EXPECT_THAT(Content(name), AllOf(HasSubstr("second.jpg"), HasSubstr("12.5"))) << name;
    EXPECT_NE(Open(name)->Find({"first.jpg", "trip"}, "f1"), nullptr) << name;
  }
  const std::string page = Content("x.html");
  size_t pictures = 0;
  for (size_t at = 0; (at = page.find("data:image/jpeg", at)) != std::string::npos; ++at) {
    ++pictures;
  }
  EXPECT_EQ(pictures, 3u) << "of earlier runs, too";
}

TEST_F(ResultsFileTest, ANewResultReplacesTheOldOne) {
  Run("x.jsonl", Failure("a.jpg"));
  Run("x.jsonl", Answer("a.jpg", 12.5));
  const std::string content = Content("x.jsonl");
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 1);
  EXPECT_THAT(content, HasSubstr("12.5"));
}

TEST_F(ResultsFileTest, OtherSettingsAndForeignFilesAreRefusedWithoutForce) {
  Run("x.jsonl", Answer("a.jpg", 10));
  const Result<ResultsFile> other = Open("x.jsonl", "s2");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(other.error().message, HasSubstr("other settings"));

  for (const std::string name : {"foreign.jsonl", "foreign.csv"}) {
    for (const std::string text : {"precious\n", "precious", "{\"a\":1}"}) {
      std::ofstream(root_ / name) << text;
      const Result<ResultsFile> foreign = Open(name);
      ASSERT_FALSE(foreign.ok()) << name;
      EXPECT_THAT(foreign.error().message, HasSubstr("--force"));
      EXPECT_EQ(Content(name), text);
    }
  }
  Run("x.csv", Answer("a.jpg", 10));
  std::ofstream(root_ / "x.csv", std::ios::app) << "a remark by hand\n";
  EXPECT_FALSE(Open("x.csv").ok());
}

TEST_F(ResultsFileTest, ForceKeepsTheOldFileUntilTheNewOneIsComplete) {
  for (const std::string& name : kAllFormats) {
    Run(name, Answer("old.jpg", 10));
    const std::string before = Content(name);
    Run(name, Answer("new.jpg", 11), "p", "s2", true, false);
    EXPECT_EQ(Content(name), before) << "interrupted";
    EXPECT_NE(Open(name, "s2")->Find({"new.jpg", "p"}, "f1"), nullptr)
        << "a later run goes on with the new results";
    EXPECT_NE(Open(name, "s1")->Find({"old.jpg", "p"}, "f1"), nullptr);
    Run(name, Answer("more.jpg", 11), "p", "s2");
    EXPECT_THAT(Content(name),
                AllOf(HasSubstr("new.jpg"), HasSubstr("more.jpg"), Not(HasSubstr("old.jpg"))));
    EXPECT_FALSE(Open(name, "s1").ok());
    Run(name, Answer("last.jpg", 11), "p", "s2", true);
    EXPECT_THAT(Content(name), AllOf(HasSubstr("last.jpg"), Not(HasSubstr("new.jpg"))));
    EXPECT_FALSE(fs::exists(root_ / (name + ".gre-new")));
  }
}

TEST_F(ResultsFileTest, TwoRunsAtOnceExcludeEachOther) {
  for (const std::string name : {"x.jsonl", "x.csv"}) {
    const Result<ResultsFile> one = Open(name);
    ASSERT_TRUE(one.ok());
    const Result<ResultsFile> two = Open(name);
    ASSERT_FALSE(two.ok());
    EXPECT_EQ(two.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_FALSE(fs::exists(root_ / "x.jsonl")) << "nothing was added";
}

TEST_F(ResultsFileTest, ATornLastLineIsForgotten) {
  Run("x.jsonl", Answer("a.jpg", 10));
  const std::string whole = Content("x.jsonl");
  std::ofstream(root_ / "x.jsonl", std::ios::app) << R"({"schema":"gre.locate/1","fi)";
  {
    const Result<ResultsFile> file = Open("x.jsonl");
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_NE(file->Find({"a.jpg", "p"}, "f1"), nullptr);
  }
  EXPECT_EQ(Content("x.jsonl"), whole);
  std::ofstream(root_ / "x.jsonl") << whole.substr(0, whole.size() - 1);  // only its end is missing
  Run("x.jsonl", Answer("b.jpg", 10));
  EXPECT_NE(Open("x.jsonl")->Find({"a.jpg", "p"}, "f1"), nullptr);
}

TEST_F(ResultsFileTest, ADamagedLineWasCalledAForeignFile) {
  Run("x.jsonl", Answer("a.jpg", 10));
  const std::string whole = Content("x.jsonl");
  std::ofstream(root_ / "x.jsonl") << whole << "{\"schema\":\"gre.loc\n" << whole;
  const Result<ResultsFile> file = Open("x.jsonl");
  ASSERT_FALSE(file.ok());
  EXPECT_THAT(file.error().message,
              AllOf(HasSubstr("x.jsonl:2: "), HasSubstr("remove this line to go on with the 1 ")));
}

TEST_F(ResultsFileTest, LookingWritesNothing) {
  for (const std::string& name : kAllFormats) {
    ASSERT_TRUE(ResultsFile::Open({.path = (root_ / name).string(),
                                   .cache_dir = (root_ / "cache").string(),
                                   .settings_hash = "s1",
                                   .read_only = true})
                    .ok());
  }
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(ResultsFileTest, NamesThatCannotBeWritten) {
  EXPECT_THAT(Open("x.txt").error().message, HasSubstr("expected a name that ends in"));
  fs::create_directories(root_ / "folder.csv");
  EXPECT_THAT(Open("folder.csv").error().message, HasSubstr("no regular file"));
  fs::create_symlink("nowhere/x", root_ / "link.jsonl");
  EXPECT_FALSE(Open("link.jsonl").ok());
  EXPECT_THAT(Open("no/such/x.json").error().message, HasSubstr("there is no folder"));
  fs::create_symlink("loop", root_ / "loop");  // was reported as a folder without a name
  EXPECT_THAT(Open("loop/x.json").error().message, HasSubstr("cannot reach its folder"));
}

}  // namespace
}  // namespace gre
