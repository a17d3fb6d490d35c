#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;
using testing::TemporaryFolder;

TEST(JsonTest, RefusesDuplicateKeysDepthAndNonFinite) {
  EXPECT_THAT(ParseJson(R"({"a":1,"a":2})").error().message, HasSubstr("duplicate key \"a\""));
  EXPECT_THAT(ParseJson(std::string(100, '[')).error().message,
              HasSubstr("nesting deeper than 64"));
  EXPECT_EQ(ParseJson("{\"a\":\n").error().message,
            "not valid JSON: line 2, column 1: unexpected end of input");
  EXPECT_EQ(ParseJson("[NaN]").error().message,
            "not valid JSON: line 1, column 2: invalid literal");
  EXPECT_FALSE(ParseJson("\"\xFF\"").ok());
  EXPECT_TRUE(ParseJson(R"({"a":{"a":1},"b":{"a":1}})").ok());
}

// A bug had taken the least number of items a thread for the number of threads.
TEST(ParallelForTest, VisitsEveryItemOnceOnNoMoreThreadsThanAskedFor) {
  const auto run = [](size_t count, const ParallelOptions& options) {
    std::mutex mutex;
    std::vector<int> visits(count);
    size_t runs = 0;
    ParallelFor(count, options, [&](size_t begin, size_t end) {
      const std::lock_guard lock(mutex);
      ++runs;
      for (size_t i = begin; i < end; ++i) ++visits[i];
    });
    EXPECT_EQ(visits, std::vector<int>(count, 1));
    return runs;
  };
  EXPECT_EQ(run(100000, {.min_items = 1, .max_threads = 3}), 3u);
  EXPECT_EQ(run(100, {.min_items = 40, .max_threads = 3}), 2u);
  EXPECT_EQ(run(100, {.min_items = 2000}), 1u);
  EXPECT_EQ(run(0, {}), 1u);
  EXPECT_LE(run(100000, {.min_items = 5}), std::thread::hardware_concurrency());
}

TEST(FileTest, AtomicWriteReplacesAndKeepsNoTemporary) {
  const TemporaryFolder folder;
  const std::string path = folder / "atomic.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "one").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "two").ok());
  EXPECT_EQ(*ReadFile(path), "two");
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find(".tmp."), std::string::npos);
  }
}

TEST(FileTest, ReadRefusesDirectoriesPipesAndOversize) {
  EXPECT_THAT(ReadFile("/").error().message, HasSubstr("found a directory"));
  EXPECT_THAT(ReadFile("/dev/zero").error().message, HasSubstr("device"));
  const TemporaryFolder folder;
  const std::string path = folder / "big.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "12345").ok());
  EXPECT_THAT(ReadFile(path, 4).error().message, HasSubstr("over the limit of 4"));
  EXPECT_EQ(ReadFile(folder / "absent").error().code, ErrorCode::kNotFound);
}

TEST(FileTest, OverwritingResetPermissions) {
  const TemporaryFolder folder;
  const std::string path = folder / "secret";
  ASSERT_TRUE(WriteFileAtomically(path, "one").ok());
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(WriteFileAtomically(path, "two").ok());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(FileTest, OverwritingReplacedALinkInsteadOfItsTarget) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "real");
  ASSERT_TRUE(WriteFileAtomically(folder / "real/file", "one").ok());
  fs::create_symlink("real/file", folder / "link");
  fs::create_symlink("real/new", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");
  ASSERT_TRUE(WriteFileAtomically(folder / "link", "two").ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "dangling", "three").ok());
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(*ReadFile(folder / "real/file"), "two");
  EXPECT_EQ(*ReadFile(folder / "real/new"), "three");
  EXPECT_FALSE(WriteFileAtomically(folder / "loop", "four").ok());
  EXPECT_THAT(WriteFileAtomically("/dev/null", "five").error().message,
              HasSubstr("expected a regular file, found a device or pipe"));
}

TEST(FileTest, AppenderCutsATornLastLine) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines.jsonl";
  std::ofstream(path) << "whole\ntor";
  {
    Result<LineAppender> appender = LineAppender::Open(path);
    ASSERT_TRUE(appender.ok());
    ASSERT_TRUE(appender->Append("next").ok());
  }
  EXPECT_EQ(*ReadFile(path), "whole\nnext\n");
}

TEST(StringsTest, NumbersIgnoreTheLocaleAndMustBeWhole) {
  EXPECT_EQ(ParseDouble("+1.5"), 1.5);
  EXPECT_FALSE(ParseDouble("1,5").has_value());
  EXPECT_FALSE(ParseDouble("1.5x").has_value());
  EXPECT_FALSE(ParseDouble("inf").has_value());
  EXPECT_EQ(FormatFixed(-0.01, 1), "0.0");
  EXPECT_EQ(FormatFixed(1e300, 1).size(), 303u);
}

TEST(StringsTest, Utf8RepairFollowsMaximalSubparts) {
  EXPECT_TRUE(IsValidUtf8("纬度 𝄞"));
  EXPECT_FALSE(IsValidUtf8("\xC0\x80"));
  EXPECT_EQ(ReplaceInvalidUtf8("a\xE7\xBA z"), "a\xEF\xBF\xBD z");
  EXPECT_EQ(ReplaceInvalidUtf8("\xF0\x80\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(RandomTest, ReproducesAndIsUniform) {
  Random a(7);
  Random b(7);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(HashSeed(1, "x"), HashSeed(2, "x"));
  double sum = 0;
  int counts[3] = {};
  for (int i = 0; i < 30000; ++i) {
    sum += a.Uniform();
    ++counts[a.Below(3)];
  }
  EXPECT_NEAR(sum / 30000, 0.5, 0.01);
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Sha256Test, MatchesFips180Example) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace gre
