#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ProgressTest, DescribesRateAndTimeLeft) {
  const Progress progress({.label = "locating", .unit = "photos"}, 100);
  // 10 of 30 were there before: 20 in 10 s.
  EXPECT_EQ(progress.Describe(30, 10, "", std::chrono::seconds(10)),
            "locating 30/100 photos 30 %, 2.0/s, 0:35 left");
  EXPECT_EQ(progress.Describe(100, 10, "2 failed", std::chrono::seconds(45)),
            "locating 100/100 photos 100 %, 2.0/s, 2 failed");
  const Progress bytes({.label = "fetching"}, 0);
  EXPECT_EQ(bytes.Describe(5'000'000, 0, "", std::chrono::seconds(2)), "fetching 5.0 MB, 2.5/s");
}

TEST(ProgressTest, OffTerminalsALineNowAndThen) {
  std::string written;
  Progress progress({.label = "locating",
                     .unit = "photos",
                     .write = [&](std::string_view text) { written += text; },
                     .line_interval = std::chrono::seconds(0)},
                    3);
  progress.Update(1);
  EXPECT_THAT(written, HasSubstr("locating 1/3 photos"));
  EXPECT_EQ(written.find('\r'), std::string::npos);
  written.clear();
  progress.Update(3);  // the result itself says that it is done
  EXPECT_THAT(written, IsEmpty());
}

TEST(ProgressTest, Durations) {
  EXPECT_EQ(FormatDuration(std::chrono::seconds(5)), "0:05");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(3725)), "1:02:05");
}

}  // namespace
}  // namespace gre
