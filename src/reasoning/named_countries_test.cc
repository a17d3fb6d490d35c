#include "reasoning/named_countries.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CountriesNamedIn, FindsNamesAndNoOtherWords) {
  const auto names = [](std::string_view text) {
    std::vector<std::string> found;
    for (const Country* country : CountriesNamedIn(text)) found.push_back(country->code);
    return found;
  };
  EXPECT_THAT(names("In Côte d'Ivoire, the United States of America or Guinea-Bissau."),
              ElementsAre("CI", "US", "GW"));
  EXPECT_THAT(names("It is no turkey; as in US towns, or the USA"), ElementsAre("US"));
  EXPECT_THAT(names("South Korea, not North Korea"), ElementsAre("KR", "KP"));
  EXPECT_THAT(names(""), IsEmpty());
}

}  // namespace
}  // namespace gre
