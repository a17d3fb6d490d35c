#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "engine/local_engine.h"
#include "engine/runtime.h"
#include "image/decode.h"
#include "model/qwen2_5_vl/model.h"

namespace gre {
namespace {

// Greedy continuations of the random-weight Qwen2.5-VL checkpoint against transformers, float32.
class LocalEngineGoldenTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* folder = std::getenv("GRE_GOLDENS");
    if (folder == nullptr) return;
    goldens_ = folder;
    ASSERT_TRUE(
        SetComputeThreads(1).ok());  // two threads of a small model only wait for each other
    cases_ = ReadJsonFile(goldens_ + "/forward/cases.json").value();
    ModelLoadOptions options;
    options.dtype = at::kFloat;
    options.max_pixels = cases_["max_pixels"].get<int64_t>();
    auto model = Qwen25VlModel::Load(goldens_ + "/model", options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    model_ = *std::move(model);
  }
  static void TearDownTestSuite() { model_.reset(); }
  void SetUp() override {
    if (goldens_.empty()) GTEST_SKIP() << "GRE_GOLDENS is not set: no golden results to compare";
    ASSERT_NE(model_, nullptr);
  }

  static GenerationRequest Request(const std::string& name) {
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
            DecodeImageFile(goldens_ + "/images/" + part["image"].get<std::string>() + ".png")
                .value()));
      }
    }
    return request;
  }

  static std::vector<int32_t> Expected(const std::string& name, const char* kind = "greedy") {
    return cases_["prompts"][name][kind].get<std::vector<int32_t>>();
  }

  static std::vector<Result<GenerationResult>> Generate(
      const std::vector<GenerationRequest>& requests, const LocalEngineLimits& limits = {}) {
    LocalEngine engine(model_, EngineInfo{EngineKind::kLocal, "golden", {}}, limits);
    return engine.Generate(requests, {}, CancellationToken());
  }

  static constexpr const char* kNames[] = {"text", "one_image", "two_images"};
  static inline std::string goldens_;
  static inline Json cases_;
  static inline std::shared_ptr<const VisionLanguageModel> model_;
};

TEST_F(LocalEngineGoldenTest, GreedyAlone) {
  for (const char* name : kNames) {
    const auto results = Generate({Request(name)});
    ASSERT_TRUE(results[0].ok()) << results[0].error().message;
    EXPECT_EQ(results[0]->completions[0].token_ids, Expected(name)) << name;
    EXPECT_EQ(results[0]->completions[0].text,
              cases_["prompts"][name]["greedy_text"].get<std::string>());
  }
}

TEST_F(LocalEngineGoldenTest, GreedyInABatchBesideSampledRequestsAndWithSeveralSamples) {
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

TEST_F(LocalEngineGoldenTest, RepetitionPenalty) {
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

}  // namespace
}  // namespace gre
