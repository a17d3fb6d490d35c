#include "generation/stop_matcher.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace gre {
namespace {

TEST(StopMatcherTest, ResultDoesNotDependOnTheCuts) {
  const std::vector<std::string> stops = {"</answer>", "<stop>", "aab", "abcde", "bcd"};
  const std::vector<std::string> texts = {
      "x<y</answ er></answer>rest", "aaab", "<sto", "zzabcdef", "no stop at all</", "é<stop>é"};
  const std::vector<std::string> expected = {"x<y</answ er>",    "a", "<sto", "zza",
                                             "no stop at all</", "é"};
  for (size_t i = 0; i < texts.size(); ++i) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      StopMatcher matcher(stops);
      std::string released;
      for (size_t at = 0; at < texts[i].size();) {
        const size_t length = 1 + random.Below(4);
        released += matcher.Push(std::string_view(texts[i]).substr(at, length));
        EXPECT_EQ(expected[i].compare(0, released.size(), released), 0) << "released too early";
        at += length;
      }
      EXPECT_EQ(released + matcher.Flush(), expected[i]);
    }
  }
}

}  // namespace
}  // namespace gre
