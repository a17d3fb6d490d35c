#include "engine/local_engine.h"

#include <cmath>
#include <limits>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logsumexp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "core/strings.h"
#include "engine/testing/toy_model.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

GenerationRequest Request(std::string id, const std::string& text, int max_new_tokens = 30) {
  GenerationRequest request;
  request.id = std::move(id);
  request.messages = {{Role::kUser, {ContentPart::Text(text)}}};
  request.sampling.max_new_tokens = max_new_tokens;
  return request;
}

std::shared_ptr<const RgbImage> Pixel(uint8_t value) {
  return std::make_shared<const RgbImage>(RgbImage{1, 1, {value, value, value}});
}

class LocalEngineTest : public ::testing::Test {
 protected:
  std::vector<Result<GenerationResult>> Generate(const std::vector<GenerationRequest>& requests,
                                                 const StreamCallback& stream = {}) {
    return Generate(requests, LocalEngineLimits{.kv_memory_bytes = 1 << 20}, stream);
  }
  std::vector<Result<GenerationResult>> Generate(const std::vector<GenerationRequest>& requests,
                                                 const LocalEngineLimits& limits,
                                                 const StreamCallback& stream = {}) {
    LocalEngine engine(model_, EngineInfo{EngineKind::kLocal, "toy", {}}, limits);
    return engine.Generate(requests, stream, cancellation_);
  }

  // One request of each kind: greedy, sampled, several samples, images, penalty, truncations.
  static std::vector<GenerationRequest> MixedRequests() {
    std::vector<GenerationRequest> requests;
    for (int i = 0; i < 6; ++i) {
      GenerationRequest& request = requests.emplace_back(
          Request("r" + std::to_string(i), std::string(static_cast<size_t>(2 + 5 * i), 'a')));
      request.sampling.temperature = i == 0 ? 0 : 0.7 + 0.3 * i;
      request.sampling.seed = 11;
      request.num_samples = 1 + i % 4;
      request.sampling.max_new_tokens = 10 + 7 * i;
    }
    requests[2].images = {Pixel(40), Pixel(90)};
    requests[2].messages = {
        {Role::kUser, {ContentPart::Image(1), ContentPart::Text("b"), ContentPart::Image(0)}}};
    requests[3].sampling.repetition_penalty = 1.3;
    requests[3].sampling.stratified = true;
    requests[4].sampling.top_p = 0.8;
    requests[5].sampling.top_k = 5;
    return requests;
  }

  std::shared_ptr<ToyModel> model_ = std::make_shared<ToyModel>();
  CancellationToken cancellation_;
};

// Greedy decoding that recomputes everything for every token, without cache or batch.
Completion StatelessGreedy(const ToyModel& model, const std::string& prompt, int max_tokens) {
  Completion completion;
  std::vector<int32_t> ids = model.tokenizer().Encode(prompt, false);
  const size_t prompt_length = ids.size();
  for (int step = 0; step < max_tokens; ++step) {
    const auto tokens = static_cast<int64_t>(ids.size());
    at::Tensor positions = at::empty({1, tokens}, at::kLong);
    for (int64_t t = 0; t < tokens; ++t) {
      const bool generated = t >= static_cast<int64_t>(prompt_length);
      positions[0][t] = t + (generated ? ToyModel::kPositionJump : 0);
    }
    const AttentionSegment segment{AttentionSegment::Kind::kSequence, 0, tokens, nullptr, {}};
    const at::Tensor states = model.Forward(model.Embed(ids, {}), positions, {&segment, 1}, {});
    const at::Tensor logits = model.Logits(states.narrow(0, tokens - 1, 1))[0];
    const auto token = static_cast<int32_t>(
        logits.narrow(0, 0, model.tokenizer().size()).argmax().item<int64_t>());
    ids.push_back(token);
    completion.token_ids.push_back(token);
    completion.logprobs.push_back((logits[token] - at::logsumexp(logits, {0})).item<float>());
    if (token == model.spec().eos_ids[0]) break;
  }
  return completion;
}

TEST_F(LocalEngineTest, GreedyEqualsRecomputingEverything) {
  for (const char* prompt : {"x", "where?", "a longer prompt, with more to say"}) {
    const auto results = Generate({Request("a", prompt)});
    const Completion expected = StatelessGreedy(*model_, prompt, 30);
    const Completion& found = results[0]->completions[0];
    EXPECT_EQ(found.token_ids, expected.token_ids);
    ASSERT_EQ(found.logprobs.size(), expected.logprobs.size());
    for (size_t i = 0; i < found.logprobs.size(); ++i) {
      EXPECT_NEAR(found.logprobs[i], expected.logprobs[i], 1e-4);
    }
  }
}

TEST_F(LocalEngineTest, TokensDependOnNeitherBatchNorOrderNorLimits) {
  const std::vector<GenerationRequest> requests = MixedRequests();
  std::map<std::string, std::vector<Completion>> alone;
  for (const GenerationRequest& request : requests) {
    alone[request.id] = Generate({request})[0]->completions;
    EXPECT_EQ(alone[request.id].size(), static_cast<size_t>(request.num_samples));
  }
  EXPECT_NE(alone["r3"][0].token_ids, alone["r3"][1].token_ids) << "samples must differ";
  std::vector<GenerationRequest> reversed(requests.rbegin(), requests.rend());
  for (const auto& order : {requests, reversed}) {
    for (const LocalEngineLimits& limits :
         {LocalEngineLimits{.kv_memory_bytes = 1 << 20},
          LocalEngineLimits{.kv_memory_bytes = 1 << 20, .max_prompt_tokens_per_step = 3},
          LocalEngineLimits{.kv_memory_bytes = 10 << 10},
          LocalEngineLimits{.kv_memory_bytes = 1 << 20, .max_running_samples = 1}}) {
      const auto results = Generate(order, limits);
      for (size_t i = 0; i < order.size(); ++i) {
        ASSERT_TRUE(results[i].ok()) << results[i].error().message;
        for (size_t sample = 0; sample < results[i]->completions.size(); ++sample) {
          EXPECT_EQ(results[i]->completions[sample].token_ids,
                    alone[order[i].id][sample].token_ids);
        }
      }
    }
  }
}

TEST_F(LocalEngineTest, SamplesOfAPromptShareImageEncodingAndPrefill) {
  GenerationRequest request = Request("a", "", 1);
  request.images = {Pixel(10)};
  request.messages = {{Role::kUser, {ContentPart::Image(0), ContentPart::Text("12345678")}}};
  request.num_samples = 8;
  const auto results = Generate({request});
  EXPECT_EQ(results[0]->prompt_tokens, 10);
  EXPECT_EQ(results[0]->completion_tokens, 8);
  EXPECT_EQ(model_->images_encoded(), 1);
  EXPECT_EQ(model_->rows_computed(), 10);
}

TEST_F(LocalEngineTest, StreamedPiecesAreWholeCharactersAndMakeUpTheText) {
  std::vector<GenerationRequest> requests = MixedRequests();
  for (GenerationRequest& request : requests) request.sampling.max_new_tokens = 60;
  std::map<std::pair<size_t, int>, std::string> streamed;
  const auto results = Generate(requests, [&](const StreamEvent& event) {
    EXPECT_TRUE(IsValidUtf8(event.text));
    EXPECT_FALSE(event.text.empty());
    streamed[{event.request_index, event.sample_index}] += event.text;
  });
  for (size_t i = 0; i < results.size(); ++i) {
    for (size_t sample = 0; sample < results[i]->completions.size(); ++sample) {
      const Completion& completion = results[i]->completions[sample];
      const std::string& pieces = streamed[{i, static_cast<int>(sample)}];
      EXPECT_EQ(pieces, completion.text);
      EXPECT_EQ(model_->tokenizer().Decode(completion.token_ids, true), completion.text);
      EXPECT_EQ(completion.logprobs.size(), completion.token_ids.size());
      const bool ended = completion.token_ids.back() == model_->spec().eos_ids[0];
      EXPECT_EQ(completion.finish_reason, ended ? FinishReason::kStop : FinishReason::kLength);
    }
  }
}

TEST_F(LocalEngineTest, EndsBeforeAStopTextThatSpansTokens) {
  const GenerationRequest request = Request("a", "where?");
  const std::string full = Generate({request})[0]->completions[0].text;
  size_t begin = full.size() / 2;
  while ((static_cast<unsigned char>(full[begin]) & 0xC0) == 0x80) ++begin;
  size_t end = std::min(begin + 4, full.size());
  while (end < full.size() && (static_cast<unsigned char>(full[end]) & 0xC0) == 0x80) ++end;
  GenerationRequest stopped = request;
  stopped.sampling.stop = {full.substr(begin, end - begin)};
  std::string streamed;
  const auto results =
      Generate({stopped}, [&](const StreamEvent& event) { streamed += event.text; });
  const Completion& completion = results[0]->completions[0];
  EXPECT_EQ(completion.text, full.substr(0, full.find(stopped.sampling.stop[0])));
  EXPECT_EQ(streamed, completion.text);
  EXPECT_EQ(completion.finish_reason, FinishReason::kStopText);
}

TEST_F(LocalEngineTest, CancellationKeepsWhatIsThere) {
  std::vector<GenerationRequest> requests = {Request("a", "where?", 400),
                                             Request("b", "who?", 400)};
  requests[0].num_samples = 2;
  size_t streamed = 0;
  // The second request has to wait for memory and never starts.
  const auto results = Generate(requests, LocalEngineLimits{.kv_memory_bytes = 60 << 10},
                                [&](const StreamEvent& event) {
                                  EXPECT_EQ(event.request_index, 0u);
                                  streamed += event.text.size();
                                  if (streamed >= 20) cancellation_.Cancel();
                                });
  size_t kept = 0;
  for (const Completion& completion : results[0]->completions) {
    EXPECT_EQ(completion.finish_reason, FinishReason::kCancelled);
    kept += completion.text.size();
  }
  EXPECT_EQ(kept, streamed);
  EXPECT_LT(results[0]->completion_tokens, 100);
  ASSERT_EQ(results[1]->completions.size(), 1u);
  EXPECT_EQ(results[1]->completions[0].finish_reason, FinishReason::kCancelled);
  EXPECT_EQ(results[1]->completions[0].text, "");
}

TEST_F(LocalEngineTest, FailedRequestsNameTheReasonAndDisturbNoOther) {
  model_ = std::make_shared<ToyModel>(/*context=*/64);
  std::vector<GenerationRequest> requests = {
      Request("good", "where?"), Request("range", "x"), Request("long", std::string(64, 'x')),
      Request("poison", "x"),    Request("large", "x"), Request("good too", "why?")};
  requests[1].sampling.temperature = -1;
  requests[3].images = {Pixel(ToyModel::kPoisonedPixel)};
  requests[3].messages = {{Role::kUser, {ContentPart::Image(0)}}};
  requests[4].num_samples = 100;
  const auto results = Generate(requests, LocalEngineLimits{.kv_memory_bytes = 100 << 10});
  EXPECT_THAT(results[1].error().message, HasSubstr("'range': sampling option temperature is -1"));
  EXPECT_THAT(results[2].error().message,
              HasSubstr("'long': the prompt has 64 tokens, expected 1 to 63"));
  EXPECT_EQ(results[3].error().message, "request 'poison': poisoned image");
  EXPECT_EQ(results[4].error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(results[4].error().message, HasSubstr("'large' needs 0.2 MiB for keys and values"));
  for (const size_t i : {size_t{0}, size_t{5}}) {
    EXPECT_EQ(results[i]->completions[0].token_ids,
              Generate({requests[i]})[0]->completions[0].token_ids);
  }
}

TEST_F(LocalEngineTest, StopsAtTheEndOfTheContext) {
  model_ = std::make_shared<ToyModel>(/*context=*/16);
  const auto results = Generate({Request("a", "0123456789", 100)});
  EXPECT_EQ(results[0]->completion_tokens, 6);
  EXPECT_EQ(results[0]->completions[0].finish_reason, FinishReason::kLength);
}

TEST_F(LocalEngineTest, RefusesLogitsThatAreNotFinite) {
  GenerationRequest request = Request("a", "");
  request.images = {Pixel(1)};
  request.messages = {{Role::kUser, {ContentPart::Image(0)}}};
  struct NanModel : ToyModel {
    at::Tensor Logits(const at::Tensor& states) const override {
      return ToyModel::Logits(states).fill_(std::numeric_limits<float>::quiet_NaN());
    }
  };
  LocalEngine engine(std::make_shared<NanModel>(), {}, {});
  const std::vector<GenerationRequest> requests = {request};
  const auto results = engine.Generate(requests, {}, cancellation_);
  EXPECT_THAT(results[0].error().message, HasSubstr("request 'a': the model's logits are not"));
}

}  // namespace
}  // namespace gre
