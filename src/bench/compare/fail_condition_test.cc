#include "bench/compare/fail_condition.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/strings.h"

namespace gre {
namespace {

TEST(FailCondition, ReadsTheCases) {
  const auto file = ReadFile(GRE_SOURCE_DIR "/src/bench/compare/testdata/fail_conditions.case");
  ASSERT_TRUE(file.ok()) << file.error().message;
  constexpr std::string_view kCondition = "condition|";
  std::string condition;
  int cases = 0;
  for (const std::string_view line : Split(*file, '\n')) {
    if (line.starts_with(kCondition)) {
      condition = line.substr(kCondition.size());
      continue;
    }
    if (line.empty() || line.starts_with('#')) continue;
    ++cases;
    const auto parsed = ParseFailCondition(condition);
    if (line.starts_with("ok ")) {
      ASSERT_TRUE(parsed.ok()) << condition << ": " << parsed.error().message;
      std::string found = "ok " + parsed->metric + " ";
      found.append(OperatorText(parsed->comparison)).append(parsed->relative ? " base " : " ");
      EXPECT_EQ(found + FormatShortest(parsed->number), line) << condition;
    } else {
      ASSERT_FALSE(parsed.ok()) << condition;
      EXPECT_EQ(parsed.error().message, "--fail-if '" + condition + "': " + std::string(line));
    }
  }
  EXPECT_EQ(cases, 18);
}

TEST(FailCondition, WhatCannotBeCheckedFails) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(ParseFailCondition("acc@25 < 0.1")->Fails(nan, 0));
  EXPECT_TRUE(ParseFailCondition("acc@25 < base - 1")->Fails(0.5, nan));
  EXPECT_FALSE(ParseFailCondition("acc@25 < base")->Fails(0.5, 0.5));
  EXPECT_TRUE(ParseFailCondition("acc@25 <= base")->Fails(0.5, 0.5));
}

}  // namespace
}  // namespace gre
