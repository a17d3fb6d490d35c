#include "bench/text_asker.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "generation/scripted_generator.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

TEST(TextAsker, AsksNothingTwiceButWhatFailedOrCouldNotBeUsed) {
  const testing::TemporaryFolder folder;
  int calls = 0;
  ScriptedGenerator model([&](const GenerationRequest& request, int) -> Result<std::string> {
    ++calls;
    if (request.id == "down" && calls < 5) return Error{ErrorCode::kUnavailable, "is down"};
    return request.id + "!";
  });
  const std::vector<std::string> texts = {"a", "down", "b", "useless"};
  const auto run = [&](const std::string& settings, const std::vector<std::string>& expected) {
    auto journal = ResultJournal::Open(folder / "journal", "gre.test/1");
    ASSERT_TRUE(journal.ok()) << journal.error().message;
    TextAsker::Options options;
    options.batch = 3;
    TextAsker asker(model, options, &*journal, settings);
    std::vector<std::string> answers(texts.size());
    const Status asked = asker.Ask(
        texts.size(),
        [&](size_t i) -> Result<TextAsker::Question> {
          return TextAsker::Question{texts[i], {"system", texts[i]}};
        },
        [&](size_t i, const Result<std::string>& answer) {
          EXPECT_EQ(answers[i], "");
          answers[i] = answer.ok() ? *answer : answer.error().message;
          return answers[i] != "useless!";
        },
        {});
    EXPECT_TRUE(asked.ok());
    EXPECT_EQ(answers, expected);
  };
  run("m", {"a!", "is down", "b!", "useless!"});
  EXPECT_EQ(calls, 4);
  run("m", {"a!", "down!", "b!", "useless!"});
  EXPECT_EQ(calls, 6);
  run("m", {"a!", "down!", "b!", "useless!"});
  EXPECT_EQ(calls, 7);
  run("another", {"a!", "down!", "b!", "useless!"});
  EXPECT_EQ(calls, 11);
  const auto foreign = ResultJournal::Open(folder / "journal", "gre.build/1");
  ASSERT_FALSE(foreign.ok());
  EXPECT_NE(foreign.error().message.find("expected results that begin with"), std::string::npos);
}

}  // namespace
}  // namespace gre
