#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace gre::testing {

// Base of the tests that compare with reference results. Each runs for two sets of equal layout:
// "small" lies in tests/goldens (tools/reference/small_goldens.py), "large" in $GRE_GOLDENS;
// without that variable it is skipped. Instantiate with GRE_INSTANTIATE_GOLDENS; a SetUp that
// overrides this one returns at once when IsSkipped().
class GoldenTest : public ::testing::TestWithParam<const char*> {
 public:
  static std::string SetName(const ::testing::TestParamInfo<const char*>& info) {
    return info.param;
  }

 protected:
  void SetUp() override {
    if (folder().empty()) GTEST_SKIP() << "GRE_GOLDENS is not set: the large set is not there";
  }

  [[nodiscard]] std::string folder() const {
    if (GetParam() == std::string_view("small")) return GRE_SOURCE_DIR "/tests/goldens";
    const char* large = std::getenv("GRE_GOLDENS");
    return large == nullptr ? "" : large;
  }
};

#define GRE_INSTANTIATE_GOLDENS(Suite)                                          \
  INSTANTIATE_TEST_SUITE_P(Goldens, Suite, ::testing::Values("small", "large"), \
                           ::gre::testing::GoldenTest::SetName)

}  // namespace gre::testing
