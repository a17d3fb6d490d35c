#include "training/event_file.h"

#include <filesystem>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "support/temporary_folder.h"
#include "training/run_log.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// RFC 3720, appendix B.4, and the catalogue's check value.
TEST(EventFileTest, ChecksumsAreTheKnownOnes) {
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(Crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
}

// As TensorBoard 2.21 (protobuf, tensorboard.summary.writer.record_writer) writes them.
TEST(EventFileTest, BytesAreTensorBoards) {
  const EventScalar scalars[] = {{"loss", 1.5F}, {"a/b", -2}};
  const std::string event = ScalarEvent(2.5, 300, scalars);
  EXPECT_EQ(Hex(event),
            "09000000000000044010ac022a190a0b0a046c6f7373150000c03f0a0a0a03612f621500"
            "0000c0");
  EXPECT_EQ(Hex(TfRecordFrame(event)),
            "2700000000000000bbe1b14609000000000000044010ac022a190a0b0a046c6f73731500"
            "00c03f0a0a0a03612f6215000000c009a3583a");
}

TEST(EventFileTest, RunLogWritesLinesAndScalars) {
  const testing::TemporaryFolder folder;
  for (const int64_t done : {0, 1}) {
    RunLog log(folder.path(), /*tensorboard=*/true);
    ASSERT_TRUE(log.Begin({"sft", "r.toml", "a.b = 'c'\nd.e = 1\n", 5, done}).ok());
    ASSERT_TRUE(log.Append({{"update", done + 1}, {"loss", 2}, {"dev", {{"loss", nullptr}}}}).ok());
  }
  const std::string text = ReadFile(folder / "log.jsonl").value();
  const Json start = ParseJson(Split(text, '\n').at(2)).value();
  EXPECT_EQ(start["start"]["settings"], (Json{{"a.b", "c"}, {"d.e", "1"}}));
  EXPECT_EQ(start["start"]["update"], 1);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().filename() != "log.jsonl") files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 2U);
  for (const std::string& file : files) {
    const std::string bytes = ReadFile(file).value();
    EXPECT_THAT(bytes, HasSubstr("brain.Event:2"));
    EXPECT_THAT(bytes, HasSubstr("loss"));
  }
}

}  // namespace
}  // namespace gre
