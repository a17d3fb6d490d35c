#include "reasoning/chain.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "core/strings.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

// A case of the case file: a reply, each line after "| ", and the canonical text of its chain.
TEST(Chain, CaseFile) {
  const auto file = ReadFile(GRE_SOURCE_DIR "/src/reasoning/testdata/chains.case");
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::string reply;
  std::string expected;
  int cases = 0;
  const auto check = [&] {
    if (reply.empty()) return;
    SCOPED_TRACE(reply);
    const Chain chain = ParseChain(reply);
    EXPECT_EQ(RenderChain(chain) + (chain.empty() ? "(none)\n" : "\n"), expected);
    reply.clear();
    expected.clear();
    ++cases;
  };
  for (const std::string_view line : Split(*file, '\n')) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      check();
    } else if (line.starts_with('|')) {
      reply.append(line.size() > 2 ? line.substr(2) : "").push_back('\n');
    } else {
      expected.append(line).push_back('\n');
    }
  }
  check();
  EXPECT_GT(cases, 10);
}

TEST(Chain, PartsAreDefusedAndCleaned) {
  EXPECT_EQ(CleanPart("  a\n\tb  "), "a b");
  EXPECT_EQ(CleanPart("plates -> EU => France // maybe"), "plates ~ EU ~ France / maybe");
  EXPECT_EQ(CleanPart("</think><ANSWER>1, 2"), "(/think>(ANSWER>1, 2");
  EXPECT_EQ(CleanPart("https://x.org, < 5 km"), "https://x.org, < 5 km");
  EXPECT_EQ(CleanPart(std::string(5000, 'x')).size(), kMaxPartBytes);
  std::string euros;
  while (euros.size() < 5000) euros += "€";
  EXPECT_TRUE(IsValidUtf8(CleanPart(euros)));
}

std::string RandomPart(Random* random) {
  const std::vector<std::string> pieces = {
      "word",    "[text]",    " ",    "\n",       "->",
      "=>",      "→",         "//",   " // ",     "1. ",
      "- ",      "**",        "{",    "}",        "{\"reasoning\": \"x\"}",
      "<think>", "</answer>", ":",    "Terrain:", "`",
      "#",       "€",         "\xFF", "/",        "="};
  std::string part;
  for (uint64_t n = 1 + random->Below(6); n > 0; --n) part += pieces[random->Below(pieces.size())];
  return part;
}

Chain RandomChain(Random* random) {
  Chain chain(random->Below(6));
  for (ChainStep& step : chain) {
    step.family = Families()[random->Below(Families().size())].family;
    if (random->Below(3) > 0) {
      step.indicator = Indicators()[random->Below(Indicators().size())].indicator;
    }
    for (auto* part : {&step.observation, &step.inference, &step.hypothesis}) {
      if (random->Below(3) > 0) *part = RandomPart(random);
    }
  }
  return chain;
}

void CleanAll(Chain* chain) {
  for (ChainStep& step : *chain) {
    for (auto* part : {&step.observation, &step.inference, &step.hypothesis}) {
      if (!*part) continue;
      *part = CleanPart(**part);
      if ((*part)->empty()) part->reset();
    }
  }
}

TEST(ChainProperty, RenderedChainsReadBack) {
  Random random(11);
  for (int i = 0; i < 5000; ++i) {
    Chain chain = RandomChain(&random);
    const std::string text = RenderChain(chain);
    CleanAll(&chain);
    ASSERT_EQ(ParseChain(text), chain) << text;
    ASSERT_EQ(ParseChain(RenderReply(text, "48.8584, 2.2945")), chain) << text;
  }
}

TEST(ChainProperty, WhateverIsReadRendersToItself) {
  Random random(12);
  for (int i = 0; i < 5000; ++i) {
    std::string garbage;
    for (uint64_t n = random.Below(5); n > 0; --n) garbage += RandomPart(&random);
    const Chain chain = ParseChain(garbage);
    ASSERT_EQ(ParseChain(RenderChain(chain)), chain) << garbage;
  }
}

TEST(Chain, LongHostileTextEndsInBoundedSteps) {
  for (const std::string unit : {"\n", " // ", "**", "`", "[", "{\n", "<think>", "->", "1. ", "# ",
                                 "\"a\":", "Terrain:\n", "- ", "{\"a\":"}) {
    std::string text;
    while (text.size() < 200'000) text += unit;
    EXPECT_LE(ParseChain(text).size(), kMaxChainSteps) << unit;
  }
}

}  // namespace
}  // namespace gre
