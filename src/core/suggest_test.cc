#include "core/suggest.h"

#include <array>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(SuggestTest, TypingErrorsAndBeginnings) {
  const std::array<std::string, 5> names = {"--samples", "--seed", "--api-url", "--api-model",
                                            "Vatican City"};
  EXPECT_EQ(NearestName("--smaples", names), "--samples");
  EXPECT_EQ(NearestName("vatican", names), "Vatican City");
  EXPECT_EQ(NearestName("--api", names), "") << "two begin with it";
  EXPECT_EQ(NearestName("--out", names), "");
  EXPECT_EQ(NearestName("", names), "");
  EXPECT_EQ(NearestName("--lat", std::array<std::string, 1>{"--out"}), "") << "another word";
  EXPECT_EQ(Suggestion("--sede", names), " (did you mean --seed?)");
}

}  // namespace
}  // namespace gre
