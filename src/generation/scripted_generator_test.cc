#include "generation/scripted_generator.h"

#include <map>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(ScriptedGeneratorTest, StreamsStopsFailsAndCancelsAsEnginesDo) {
  CancellationToken cancellation;
  ScriptedGenerator generator(
      [&](const GenerationRequest& request, int sample) -> Result<std::string> {
        if (request.id == "bad") return Error{ErrorCode::kUnavailable, "scripted failure"};
        return "répöns " + std::to_string(sample) + "<end>never";
      });
  GenerationRequest good;
  good.id = "good";
  good.num_samples = 2;
  good.sampling.stop = {"<end>"};
  GenerationRequest bad;
  bad.id = "bad";
  std::map<int, std::string> streamed;
  const auto collect = [&](const StreamEvent& event) {
    EXPECT_EQ(event.request_index, 1u);
    streamed[event.sample_index] += event.text;
  };
  const std::vector<GenerationRequest> requests = {bad, good};
  const auto results = generator.Generate(requests, collect, cancellation);
  EXPECT_EQ(results[0].error().message, "scripted failure");
  ASSERT_TRUE(results[1].ok());
  EXPECT_EQ(results[1]->completions[1].text, "répöns 1");
  EXPECT_EQ(results[1]->completions[1].finish_reason, FinishReason::kStopText);
  EXPECT_EQ(streamed[0], "répöns 0");
  EXPECT_EQ(generator.requests().size(), 2u);

  std::string partial;
  const auto cancel_after_three = [&](const StreamEvent& event) {
    partial += event.text;
    if (partial.size() >= 3) cancellation.Cancel();
  };
  const auto cancelled =
      generator.Generate(std::span(requests).last(1), cancel_after_three, cancellation);
  EXPECT_EQ(cancelled[0]->completions[0].text, "ré");
  EXPECT_EQ(cancelled[0]->completions[0].finish_reason, FinishReason::kCancelled);
  EXPECT_EQ(cancelled[0]->completions[1].text, "");
}

}  // namespace
}  // namespace gre
