#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/topk.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "engine/local_engine.h"
#include "engine/runtime.h"
#include "image/decode.h"
#include "model/loader.h"
#include "support/golden_test.h"

namespace gre {
namespace {

// Greedy continuations of random-weight Qwen2.5-VL checkpoints against transformers, float32.
class LocalEngineGoldenTest : public testing::GoldenTest {
 protected:
  void SetUp() override {
    GoldenTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(
        SetComputeThreads(1).ok());  // two threads of a small model only wait for each other
    cases_ = ReadJsonFile(folder() + "/forward/cases.json").value();
    model_ = Load(at::kFloat);
    ASSERT_NE(model_, nullptr);
  }

  [[nodiscard]] std::shared_ptr<const VisionLanguageModel> Load(at::ScalarType dtype) const {
    ModelLoadOptions options;
    options.dtype = dtype;
    options.max_pixels = cases_["max_pixels"].get<int64_t>();
    auto model = LoadModel(folder() + "/model", options);
    EXPECT_TRUE(model.ok()) << model.error().message;
    return model.ok() ? *std::move(model) : nullptr;
  }

  [[nodiscard]] GenerationRequest Request(const std::string& name) const {
    GenerationRequest request;
    request.id = name;
    request.sampling.max_new_tokens = 40;
    for (const Json& turn : cases_["prompts"][name]["chat"]) {
      ChatMessage& message = request.messages.emplace_back();
      const auto role = turn["role"].get<std::string>();
      message.role = role == "system" ? Role::kSystem
                     : role == "user" ? Role::kUser
                                      : Role::kAssistant;
      if (turn["content"].is_string()) {
        message.content = {ContentPart::Text(turn["content"].get<std::string>())};
        continue;
      }
      for (const Json& part : turn["content"]) {
        if (part["type"] == "text") {
          message.content.push_back(ContentPart::Text(part["text"].get<std::string>()));
          continue;
        }
        message.content.push_back(ContentPart::Image(static_cast<int>(request.images.size())));
        request.images.push_back(std::make_shared<const RgbImage>(
            DecodeImageFile(folder() + "/images/" + part["image"].get<std::string>() + ".png")
                .value()));
      }
    }
    return request;
  }

  [[nodiscard]] std::vector<int32_t> Expected(const std::string& name,
                                              const char* kind = "greedy") const {
    return cases_["prompts"][name][kind].get<std::vector<int32_t>>();
  }

  [[nodiscard]] std::vector<Result<GenerationResult>> Generate(
      const std::vector<GenerationRequest>& requests, const LocalEngineLimits& limits = {}) const {
    LocalEngine engine(model_, EngineInfo{EngineKind::kLocal, "golden", {}}, limits);
    return engine.Generate(requests, {}, CancellationToken());
  }

  // Logits [40, V] of the steps that led to the expected greedy tokens, computed in one pass.
  [[nodiscard]] at::Tensor StepLogits(const VisionLanguageModel& model,
                                      const std::string& name) const {
    const GenerationRequest request = Request(name);
    std::vector<ChatTurn> turns;
    std::vector<const RgbImage*> images;
    for (const Json& turn : cases_["prompts"][name]["chat"]) {
      turns.push_back({turn["role"].get<std::string>(), {}});
      for (const ContentPart& part : request.messages[turns.size() - 1].content) {
        if (part.kind == ContentPart::Kind::kText) {
          turns.back().parts.emplace_back(part.text);
        } else {
          turns.back().parts.emplace_back(ImageSlot{});
          images.push_back(request.images[static_cast<size_t>(part.image_index)].get());
        }
      }
    }
    EncodedPrompt prompt = model.EncodePrompt(turns, images, true).value();
    const auto prompt_length = static_cast<int64_t>(prompt.token_ids.size());
    const std::vector<int32_t> expected = Expected(name);
    const auto steps = static_cast<int64_t>(expected.size());
    prompt.token_ids.insert(prompt.token_ids.end(), expected.begin(), expected.end() - 1);
    const at::Tensor later =
        at::arange(prompt.next_position, prompt.next_position + steps - 1, at::kLong);
    const at::Tensor positions =
        at::cat({prompt.positions, later.expand({prompt.positions.size(0), steps - 1})}, 1);
    std::vector<at::Tensor> features;
    for (const at::Tensor& pixels : prompt.pixels)
      features.push_back(model.EncodeImage(pixels, nullptr));
    const AttentionSegment segment{
        AttentionSegment::Kind::kSequence, 0, prompt_length + steps - 1, nullptr, {}};
    const at::Tensor states =
        model.Forward(model.Embed(prompt.token_ids, features), positions, {&segment, 1}, {});
    return model.Logits(states.narrow(0, prompt_length - 1, steps));
  }

  static constexpr const char* kNames[] = {"text", "one_image", "two_images"};
  Json cases_;
  std::shared_ptr<const VisionLanguageModel> model_;
};
GRE_INSTANTIATE_GOLDENS(LocalEngineGoldenTest);

TEST_P(LocalEngineGoldenTest, GreedyAlone) {
  for (const char* name : kNames) {
    const auto results = Generate({Request(name)});
    ASSERT_TRUE(results[0].ok()) << results[0].error().message;
    EXPECT_EQ(results[0]->completions[0].token_ids, Expected(name)) << name;
    EXPECT_EQ(results[0]->completions[0].text,
              cases_["prompts"][name]["greedy_text"].get<std::string>());
  }
}

TEST_P(LocalEngineGoldenTest, GreedyInABatchBesideSampledRequestsAndWithSeveralSamples) {
  std::vector<GenerationRequest> requests;
  for (const char* name : kNames) {
    requests.push_back(Request(name));
    requests.back().num_samples = 3;
    GenerationRequest sampled = Request(name);
    sampled.id += " sampled";
    sampled.sampling.temperature = 1;
    sampled.sampling.max_new_tokens = 7;
    sampled.num_samples = 2;
    requests.push_back(sampled);
  }
  for (const int64_t chunk : {2048, 50}) {
    const auto results = Generate(requests, LocalEngineLimits{.max_prompt_tokens_per_step = chunk});
    for (size_t i = 0; i < requests.size(); i += 2) {
      for (const Completion& completion : results[i]->completions) {
        EXPECT_EQ(completion.token_ids, Expected(requests[i].id)) << requests[i].id;
      }
    }
  }
}

TEST_P(LocalEngineGoldenTest, RepetitionPenalty) {
  for (const char* name : kNames) {
    GenerationRequest request = Request(name);
    request.sampling.repetition_penalty = 1.05;
    const auto results = Generate({request});
    std::vector<int32_t> expected = Expected(name, "greedy_repetition_penalty_1_05");
    std::vector<int32_t> found = results[0]->completions[0].token_ids;
    // transformers may pick a row of the head that belongs to no token; this engine never does.
    const int32_t known = model_->tokenizer().size();
    const auto padding =
        std::find_if(expected.begin(), expected.end(), [&](int32_t id) { return id >= known; });
    found.resize(static_cast<size_t>(padding - expected.begin()));
    expected.erase(padding, expected.end());
    EXPECT_EQ(found, expected) << name;
    for (const int32_t id : results[0]->completions[0].token_ids) EXPECT_LT(id, known);
  }
}

TEST_P(LocalEngineGoldenTest, Bfloat16TakesTheSameTokensWhereTheMarginIsWide) {
  const at::NoGradGuard no_grad;
  const auto narrow = Load(at::kBFloat16);
  ASSERT_NE(narrow, nullptr);
  int wide = 0;
  for (const char* name : kNames) {
    const std::vector<int32_t> expected = Expected(name);
    const auto [largest, ids] = at::topk(StepLogits(*model_, name), 2);
    const at::Tensor found = at::argmax(StepLogits(*narrow, name), 1);
    for (int64_t step = 0; step < found.size(0); ++step) {
      EXPECT_EQ(ids[step][0].item<int64_t>(), expected[static_cast<size_t>(step)]);
      if ((largest[step][0] - largest[step][1]).item<float>() <= 0.6) continue;
      ++wide;
      EXPECT_EQ(found[step].item<int64_t>(), expected[static_cast<size_t>(step)]) << name << step;
    }
  }
  EXPECT_GT(wide, 30);
}

}  // namespace
}  // namespace gre
