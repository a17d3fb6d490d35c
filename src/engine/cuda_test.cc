// The engine on a CUDA device against itself on a CPU, which meets the reference results. Skipped
// where there is no device.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/local_engine.h"
#include "engine/runtime.h"
#include "model/loader.h"

namespace gre {
namespace {

class CudaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto device = ResolveDevice(DeviceChoice::kCuda);
    if (!device.ok()) GTEST_SKIP() << device.error().message;
    device_ = *device;
  }

  static std::shared_ptr<const VisionLanguageModel> Load(const std::string& directory,
                                                         c10::Device device, at::ScalarType dtype) {
    ModelLoadOptions options;
    options.device = device;
    options.dtype = dtype;
    auto model = LoadModel(GRE_SOURCE_DIR + directory, options);
    EXPECT_TRUE(model.ok()) << model.error().message;
    return model.ok() ? *std::move(model) : nullptr;
  }

  // Two requests of different lengths with a photo each.
  static std::vector<GenerationResult> Answer(
      const std::shared_ptr<const VisionLanguageModel>& model, double temperature, int samples) {
    std::vector<uint8_t> pixels;
    for (int i = 0; i < 140 * 112 * 3; ++i) pixels.push_back(static_cast<uint8_t>(i * i / 7));
    const auto photo = std::make_shared<const RgbImage>(RgbImage{140, 112, std::move(pixels)});
    std::vector<GenerationRequest> requests;
    for (const char* text : {"Where?", "Name the place of this photo, and say why."}) {
      GenerationRequest request;
      request.id = text;
      request.num_samples = samples;
      request.images = {photo};
      request.messages = {{Role::kUser, {ContentPart::Image(0), ContentPart::Text(text)}}};
      request.sampling.max_new_tokens = 40;
      request.sampling.temperature = temperature;
      request.sampling.seed = 7;
      requests.push_back(std::move(request));
    }
    LocalEngine engine(model, EngineInfo{EngineKind::kLocal, "test", {}});
    std::vector<GenerationResult> results;
    for (auto& result : engine.Generate(requests, {}, CancellationToken())) {
      EXPECT_TRUE(result.ok()) << result.error().message;
      if (result.ok()) results.push_back(*std::move(result));
    }
    return results;
  }

  void ExpectTheSameAnswers(const std::string& directory, double temperature, int samples) const {
    const auto expected = Answer(Load(directory, c10::kCPU, at::kFloat), temperature, samples);
    const auto found = Answer(Load(directory, device_, at::kFloat), temperature, samples);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      for (int j = 0; j < samples; ++j) {
        const Completion& one = found[i].completions[static_cast<size_t>(j)];
        const Completion& other = expected[i].completions[static_cast<size_t>(j)];
        EXPECT_EQ(one.token_ids, other.token_ids) << i << " " << j;
        ASSERT_EQ(one.logprobs.size(), other.logprobs.size());
        for (size_t t = 0; t < one.logprobs.size(); ++t) {
          EXPECT_NEAR(one.logprobs[t], other.logprobs[t], 2e-3) << i << " " << j << " " << t;
        }
      }
    }
  }

  c10::Device device_ = c10::kCPU;
};

TEST_F(CudaTest, QwenAnswersAsOnACpu) {
  ExpectTheSameAnswers("/tests/goldens/model", 0, 1);
  ExpectTheSameAnswers("/tests/goldens/model", 1, 4);
}

TEST_F(CudaTest, TheEmbeddedModelAnswersAsOnACpu) {
  ExpectTheSameAnswers("/models/gre-nano", 0, 1);
  ExpectTheSameAnswers("/models/gre-nano", 1, 4);
}

TEST_F(CudaTest, BFloat16StaysCloseToFloat32) {
  const auto found = Answer(Load("/tests/goldens/model", device_, at::kBFloat16), 0, 1);
  const auto expected = Answer(Load("/tests/goldens/model", device_, at::kFloat), 0, 1);
  for (size_t i = 0; i < found.size(); ++i) {
    const Completion& one = found[i].completions.front();
    ASSERT_FALSE(one.logprobs.empty());
    EXPECT_NEAR(one.logprobs.front(), expected[i].completions.front().logprobs.front(), 0.1);
  }
}

}  // namespace
}  // namespace gre
