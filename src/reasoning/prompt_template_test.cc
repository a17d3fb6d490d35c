#include "reasoning/prompt_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/sha256.h"
#include "reasoning/taxonomy.h"

namespace gre {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PromptTemplate, FillsPlaceholdersAndBlocks) {
  const std::string file =
      "# remark\n[system]\nBe brief.\n[user]\nWhere?{{#area}} Within {{area}}.{{/area}} {{{{x}}\n";
  const auto prompt = PromptTemplate::Parse(file);
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  EXPECT_THAT(prompt->Names(), ElementsAre("area"));
  EXPECT_EQ(prompt->hash(), Sha256Hex(file));
  const auto with = prompt->Render({{"area", "{{x}}"}});
  ASSERT_TRUE(with.ok());
  EXPECT_EQ(with->system, "Be brief.");
  EXPECT_EQ(with->user, "Where? Within {{x}}. {{x}}");
  EXPECT_EQ(prompt->Render({{"area", ""}})->user, "Where? {{x}}");
}

TEST(PromptTemplate, ErrorsNameTheLineAndTheName) {
  const auto error = [](std::string_view file) {
    return PromptTemplate::Parse(file).error().message;
  };
  EXPECT_THAT(error("# only a remark\n"), HasSubstr("no [user] section"));
  EXPECT_THAT(error("text\n[user]\nx"), AllOf(HasSubstr("line 1"), HasSubstr("text before")));
  EXPECT_THAT(error("[user]\na\n[user]\nb"), AllOf(HasSubstr("line 3"), HasSubstr("second time")));
  EXPECT_THAT(error("[user]\na\n{{Big}}"), AllOf(HasSubstr("line 3"), HasSubstr("a name of")));
  EXPECT_THAT(error("[user]\n{{open"), HasSubstr("line 2"));
  EXPECT_THAT(error("[user]\n{{#a}}x"), HasSubstr("'a' is never ended"));
  EXPECT_THAT(error("[user]\n{{/a}}x"), HasSubstr("not open"));
  EXPECT_THAT(error("[user]\n{{#a}}{{#b}}{{/b}}{{/a}}"), HasSubstr("inside 'a'"));
  EXPECT_THAT(error("[user]\n\xFF"), HasSubstr("UTF-8"));

  const auto prompt = PromptTemplate::Parse("[user]\n{{a}}");
  EXPECT_THAT(prompt->Render({}).error().message, HasSubstr("no value for 'a'"));
  EXPECT_THAT(prompt->Render({{"a", "1"}, {"b", "2"}}).error().message, HasSubstr("'b' is given"));
  EXPECT_TRUE(prompt->Render({{"a", "1"}, {"b", ""}}).ok());
  EXPECT_THAT(PromptTemplate::Load("/no/such.prompt").error().message, HasSubstr("/no/such"));
}

TEST(PromptTemplate, TheShippedInstructionAsksForWhatTheParsersRead) {
  const auto prompt = PromptTemplate::Load(GRE_SOURCE_DIR "/prompts/gre.prompt");
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  EXPECT_THAT(prompt->Names(), ElementsAre("area"));
  const std::string user = prompt->Render({{"area", "Japan"}})->user;
  size_t at = 0;
  for (const FamilyInfo& family : Families()) {
    if (family.family == Family::kAttribute) break;
    const size_t found = user.find(std::string(family.name) + ":", at);
    ASSERT_NE(found, std::string::npos) << family.name << " is missing or out of order";
    at = found;
  }
  for (const IndicatorInfo& indicator : Indicators()) {
    if (indicator.group == IndicatorGroup::kAttribute) break;
    if (indicator.indicator == Indicator::kFaceCloseUp ||
        indicator.indicator == Indicator::kObjectCentric) {
      continue;  // kinds of photo without clues
    }
    EXPECT_THAT(user, HasSubstr(std::string(indicator.name)));
  }
  EXPECT_THAT(user, AllOf(HasSubstr("neighbourhood"), HasSubstr("<think>"), HasSubstr("Japan"),
                          HasSubstr("<answer>latitude, longitude</answer>")));
  EXPECT_THAT(prompt->Render({{"area", ""}})->user, Not(HasSubstr("It is known")));
}

}  // namespace
}  // namespace gre
