#include "bench/chains/step_classifier.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/chains/chain_quality.h"
#include "bench/chains/step_judge.h"
#include "bench/chains/unsupported_specifics.h"
#include "core/file.h"
#include "core/strings.h"
#include "generation/scripted_generator.h"

namespace gre {
namespace {

std::vector<StepClass> Classify(const std::vector<Statement>& statements) {
  std::vector<StepClass> classes;
  for (const Statement& statement : statements) classes.push_back(ClassifyStatement(statement));
  return classes;
}

TEST(StepClassifier, CaseFile) {
  const auto file = ReadFile(GRE_SOURCE_DIR "/src/bench/chains/testdata/statements.case");
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::string reply;
  std::string expected;
  int cases = 0;
  const auto check = [&] {
    if (reply.empty()) return;
    SCOPED_TRACE(reply);
    std::string found;
    for (const Statement& statement : SplitStatements(ParseChain(reply))) {
      found.append(StepClassName(ClassifyStatement(statement)));
      found.append(": ").append(statement.text).append("\n");
    }
    EXPECT_EQ(found, expected);
    reply.clear();
    expected.clear();
    ++cases;
  };
  for (const std::string_view line : Split(*file, '\n')) {
    if (line.starts_with('#')) continue;
    if (line.starts_with("> ")) {
      check();
      reply = line.substr(2);
    } else if (!line.empty()) {
      expected.append(line).append("\n");
    }
  }
  check();
  EXPECT_GE(cases, 10);
}

TEST(StepClassifier, CuttingLosesNothingButSpaceAndTheMarksBetweenClauses) {
  const std::string text =
      "Signs in Greek, which is spoken in Greece; blue domes. Mt. Olympus? So this is Greece";
  const Chain chain = {{.observation = text}};
  std::string joined;
  for (const Statement& statement : SplitStatements(chain)) joined += statement.text;
  const auto letters = [](std::string_view from) {
    std::string kept;
    for (const char c : from) {
      if (c != ' ' && c != ',' && c != ';') kept.push_back(c);
    }
    return kept;
  };
  EXPECT_EQ(letters(joined), letters(text));
}

std::vector<std::string> SpecificsOf(const Chain& chain) {
  const std::vector<Statement> statements = SplitStatements(chain);
  std::vector<std::string> found;
  for (const UnsupportedSpecific& specific :
       FindUnsupportedSpecifics(statements, Classify(statements))) {
    found.push_back(std::string(SpecificKindName(specific.kind)) + ": " + specific.text);
  }
  return found;
}

TEST(UnsupportedSpecifics, AreThoseThatNoStatementReportsAsSeen) {
  using Found = std::vector<std::string>;
  EXPECT_EQ(SpecificsOf({{.observation = "A brick house stands by the road",
                          .inference = "so this is Cleveland Avenue",
                          .hypothesis = "Route 66, near Rue de la Paix"}}),
            (Found{"street: Cleveland Avenue", "street: Route 66", "street: Rue de la Paix"}));
  EXPECT_EQ(SpecificsOf({{.observation = "The sign reads \"Rue de la Paix\"",
                          .inference = "Rue de la Paix lies in Paris, likely"}}),
            Found{});
  EXPECT_EQ(SpecificsOf({{.observation = "The plate AB-123-CD suggests France"}}), Found{});
  EXPECT_EQ(SpecificsOf({{.observation = "A grey car",
                          .inference = "the registration AB-123-CD is French"}}),
            Found{"number_plate: AB-123-CD"});
  EXPECT_EQ(
      SpecificsOf({{.inference = "the number +44 20 7946 0000 is British, so 'Fish & Chips'"}}),
      (Found{"phone_number: +44 20 7946 0000", "quoted_text: Fish & Chips"}));
  EXPECT_EQ(SpecificsOf({{.observation = "houses", .inference = "it's a European street's look"}}),
            Found{});
}

TEST(StepJudge, ReadsAnAnswerOnlyWhenItIsComplete) {
  using enum StepClass;
  const auto good = ReadJudgement("Here it is:\n1. Caption\n 2) **background**\n3: inference\n", 3);
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(*good, (std::vector<StepClass>{kCaption, kBackground, kInference}));
  EXPECT_NE(ReadJudgement("1. caption", 2).error().message.find("none for statement 2"),
            std::string::npos);
  EXPECT_NE(ReadJudgement("1. caption\n1. caption", 1).error().message.find("twice"),
            std::string::npos);
  EXPECT_NE(ReadJudgement("1. photo", 1).error().message.find("found 'photo'"), std::string::npos);
  EXPECT_FALSE(ReadJudgement("2. caption", 1).ok());
  EXPECT_FALSE(ReadJudgement("", 1).ok());
}

TEST(StepJudge, ReplacesTheRulesAndFillsNothingIn) {
  const auto prompt = PromptTemplate::Load(GRE_SOURCE_DIR "/prompts/step_classes.prompt");
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  EXPECT_EQ(prompt->Names(), std::vector<std::string>{"statements"});
  std::vector<ChainRecord> chains(2);
  for (size_t i = 0; i < chains.size(); ++i) {
    chains[i].prediction = i;
    chains[i].statements = {{.text = "a tower"}, {.text = "so Paris"}};
    chains[i].classes = {StepClass::kCaption, StepClass::kInference};
  }
  ScriptedGenerator judge([](const GenerationRequest& request, int) -> Result<std::string> {
    EXPECT_NE(request.messages.back().content[0].text.find("1. a tower\n2. so Paris"),
              std::string::npos);
    return std::string(request.id == "chain 1" ? "1. background\n2. inference" : "1. caption");
  });
  TextAsker asker(judge, {});
  const Status status = ClassifyByJudge(asker, *prompt, {}, chains);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(chains[0].classes,
            (std::vector<StepClass>{StepClass::kBackground, StepClass::kInference}));
  EXPECT_TRUE(chains[0].unclassified.empty());
  EXPECT_TRUE(chains[1].classes.empty());
  EXPECT_NE(chains[1].unclassified.find("none for statement 2"), std::string::npos);
}

TEST(StepJudge, IsToldTheTruthAndTheChainAndAskedAboutTheRest) {
  const auto prompt = PromptTemplate::Load(GRE_SOURCE_DIR "/prompts/step_verdicts.prompt");
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  const std::vector<TruthRecord> truth = {{.id = "a",
                                           .point = LatLng{48.8566, 2.3522},
                                           .country_code = "FR",
                                           .key_steps = {"the tower is Eiffel's"}}};
  std::vector<ChainRecord> chains(2);
  for (size_t i = 0; i < chains.size(); ++i) {
    chains[i].prediction = i;
    chains[i].statements = {{.text = "a tower"}, {.text = "grey roofs"}, {.text = "so Paris"}};
  }
  const std::vector<UnmatchedSteps> open = {{0, &chains[0], {1, 2}}, {0, &chains[1], {2}}};
  ScriptedGenerator judge([](const GenerationRequest& request, int) -> Result<std::string> {
    const std::string text = request.messages.back().content[0].text;
    for (const char* part : {"taken at 48.8566, 2.3522 (France)", "1. the tower is Eiffel's",
                             "a tower\ngrey roofs\nso Paris"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(text.find("They describe"), std::string::npos);  // no captions are annotated
    if (request.id == "steps of chain 2") return std::string("I would rather not.");
    EXPECT_TRUE(text.ends_with("1. grey roofs\n2. so Paris"));
    return std::string("1. Reasonable\n2. **wrong**");
  });
  TextAsker asker(judge, {});
  const auto verdicts = JudgeSteps(asker, *prompt, {}, truth, open);
  ASSERT_TRUE(verdicts.ok()) << verdicts.error().message;
  ASSERT_EQ(verdicts->size(), 2u);
  EXPECT_EQ(verdicts->at(0).value(), (std::vector<bool>{true, false}));
  EXPECT_EQ(verdicts->at(1).error().message,
            "the judge's answer: expected reasonable or wrong for each of 1 statements, found none "
            "for statement 1");
  EXPECT_NE(ReadVerdicts("1. perhaps", 1).error().message.find("found 'perhaps'"),
            std::string::npos);
}

}  // namespace
}  // namespace gre
