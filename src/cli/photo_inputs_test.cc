#include "cli/photo_inputs.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PhotoInputsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / ("gre_photo_inputs_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "trip/day 2/.hidden");
    for (const char* name : {"trip/b.JPG", "trip/a.png", "trip/notes.txt", "trip/.c.jpg",
                             "trip/day 2/d.heic", "trip/day 2/.hidden/e.jpg"}) {
      std::ofstream(root_ / name) << name;
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<std::string> Ids(PhotoSelection selection) {
    for (std::string& word : selection.words) {
      if (!word.empty() && word != "-" && !word.starts_with("http")) {
        word = (root_ / word).string();
      }
    }
    const Result<std::vector<PhotoInput>> inputs = CollectPhotos(selection, {});
    if (!inputs.ok()) {
      return {inputs.error().message};
    }
    std::vector<std::string> ids;
    for (const PhotoInput& input : *inputs) {
      const std::string prefix = root_.string() + "/";
      ids.push_back(input.id.starts_with(prefix) ? input.id.substr(prefix.size()) : input.id);
    }
    return ids;
  }

  fs::path root_;
};

TEST_F(PhotoInputsTest, AFoldersPhotosAreRelativeToItAndSorted) {
  EXPECT_THAT(Ids({.words = {"trip"}}), ElementsAre("a.png", "b.JPG"));
  EXPECT_THAT(Ids({.words = {"trip"}, .recursive = true}),
              ElementsAre("a.png", "b.JPG", "day 2/d.heic"));
  EXPECT_THAT(Ids({.words = {"trip"}, .recursive = true, .limit = 1}), ElementsAre("a.png"));
}

TEST_F(PhotoInputsTest, DanglingLinksAndPipesInAFolderWereNotMentioned) {
  fs::create_symlink("gone.jpg", root_ / "trip/dangling.jpg");
  fs::create_symlink("loop.jpg", root_ / "trip/loop.jpg");
  ASSERT_EQ(mkfifo((root_ / "trip/pipe.jpg").c_str(), 0600), 0);
  EXPECT_THAT(Ids({.words = {"trip"}}),
              ElementsAre("a.png", "b.JPG", "dangling.jpg", "loop.jpg", "pipe.jpg"));
  for (const char* name : {"dangling.jpg", "loop.jpg", "pipe.jpg"}) {
    const PhotoInput input{.id = name, .path = root_ / "trip" / name};
    EXPECT_THAT(ReadPhoto(input, {}).error().message, HasSubstr(name));
  }
}

TEST_F(PhotoInputsTest, PatternsReplaceTheExtensions) {
  EXPECT_THAT(Ids({.words = {"trip"}, .include = {"*.txt", "b*"}}),
              ElementsAre("b.JPG", "notes.txt"));
  EXPECT_THAT(Ids({.words = {"trip"}, .recursive = true, .include = {"day*/*"}}),
              ElementsAre("day 2/d.heic"));
}

TEST_F(PhotoInputsTest, SeveralWordsKeepTheirPaths) {
  EXPECT_THAT(
      Ids({.words = {"trip", "missing.jpg", "https://example.org/x.jpg", "-"}}),
      ElementsAre("trip/a.png", "trip/b.JPG", "missing.jpg", "https://example.org/x.jpg", "-"));
}

TEST_F(PhotoInputsTest, ListsOfNames) {
  const std::string list = (root_ / "list").string();
  std::ofstream(list) << "one.jpg\n\n two .jpg\r\n";
  EXPECT_THAT(Ids({.files_from = list}), ElementsAre("one.jpg", " two .jpg"));
}

// Regression: "ftp://…" was called a file that does not exist.
TEST_F(PhotoInputsTest, AUrlOfAnotherSchemeWasCalledAMissingFile) {
  const auto collect = [](std::vector<std::string> words) {
    return CollectPhotos({.words = std::move(words)}, {});
  };
  EXPECT_EQ(collect({"file:///tmp/a.jpg"}).error().message,
            "file:///tmp/a.jpg: expected http:// or https://, or a file's path; found file://");
  const auto inputs = collect({"ftp://me:secret@example.org/x.jpg", "HTTPS://example.org/y.jpg"});
  ASSERT_TRUE(inputs.ok());
  EXPECT_EQ((*inputs)[0].id, "ftp://example.org/x.jpg");
  EXPECT_TRUE((*inputs)[0].error.has_value());
  EXPECT_EQ((*inputs)[1].kind, PhotoInput::Kind::kUrl);
  EXPECT_FALSE((*inputs)[1].error.has_value());
}

TEST_F(PhotoInputsTest, Refusals) {
  EXPECT_THAT(Ids({}), ElementsAre(HasSubstr("no photo is named")));
  EXPECT_THAT(Ids({.words = {"-", "-"}}), ElementsAre(HasSubstr("named twice")));
  fs::create_directories(root_ / "empty");
  EXPECT_THAT(Ids({.words = {"empty"}}), ElementsAre(HasSubstr("no photo in this folder")));
}

TEST_F(PhotoInputsTest, StatesFollowTheContent) {
  const PhotoInput input{PhotoInput::Kind::kFile, "a", (root_ / "trip/a.png").string()};
  const std::string before = PhotoState(input);
  EXPECT_EQ(before.size(), 16u);
  EXPECT_EQ(PhotoState(input), before);
  std::ofstream(input.path) << "something longer";
  EXPECT_NE(PhotoState(input), before);
}

}  // namespace
}  // namespace gre
