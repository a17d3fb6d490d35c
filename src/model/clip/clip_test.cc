#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/clip/model.h"
#include "model/loader.h"
#include "model/testing/spoilt_directory.h"
#include "model/testing/tensor_difference.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTinyClip = std::string(GRE_SOURCE_DIR) + "/tests/goldens/tiny_clip";

// The formula of tools/reference/embedding_goldens.py.
RgbImage Picture(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(
            static_cast<uint8_t>((7 * x + 13 * y + 50 * c + (x * y % 31) * 4) % 256));
      }
    }
  }
  return image;
}

std::string ErrorAfter(const std::function<void(SpoiltDirectory&)>& spoil) {
  return LoadErrorAfter<ClipModel>("tiny_clip", spoil);
}

TEST(ClipTest, TextVectorsMeetTheReference) {
  const auto model = ClipModel::Load(kTinyClip, at::kCPU);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Json golden = ReadJsonFile(kTinyClip + "/golden.json").value();
  std::vector<TokenizedText> texts;
  for (const Json& c : golden["cases"]) {
    texts.push_back((*model)->Tokenize(c["text"].get<std::string>()));
    EXPECT_EQ(texts.back().ids, c["ids"].get<std::vector<int32_t>>());
  }
  const at::Tensor vectors = (*model)->TextVectors(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_LT(LargestDifference(vectors[static_cast<int64_t>(i)], golden["cases"][i]["vector"]),
              1e-5);
  }
}

TEST(ClipTest, ImageVectorsMeetTheReference) {
  const auto model = ClipModel::Load(kTinyClip, at::kCPU).value();
  const Json golden = ReadJsonFile(kTinyClip + "/golden.json").value();
  std::vector<RgbImage> prepared;
  for (const Json& c : golden["pictures"]) {
    prepared.push_back(model->Prepare(Picture(c["width"], c["height"])).value());
  }
  const at::Tensor vectors = model->ImageVectors(prepared);
  for (size_t i = 0; i < prepared.size(); ++i) {
    EXPECT_LT(LargestDifference(vectors[static_cast<int64_t>(i)], golden["pictures"][i]["vector"]),
              1e-5);
  }
}

TEST(ClipTest, AVeryLongPictureIsRefused) {
  const auto model = ClipModel::Load(kTinyClip, at::kCPU).value();
  EXPECT_THAT(model->Prepare(Picture(1000, 4)).error().message,
              HasSubstr("one side is more than 200 times the other"));
}

TEST(ClipTest, OldPreprocessorFilesAreRead) {
  ClipVisionConfig vision;
  vision.image_size = 32;
  vision.patch_size = 8;
  const auto old = ParseClipProcessorConfig(
      R"({"crop_size": 32, "do_center_crop": true, "do_normalize": true, "do_resize": true,
          "image_mean": [0.5, 0.5, 0.5], "resample": 3, "size": 40})",
      vision);
  ASSERT_TRUE(old.ok());
  EXPECT_THAT(old->problems, IsEmpty());
  EXPECT_EQ(old->config.shortest_edge, 40);
  EXPECT_EQ(old->config.patches.mean[1], 0.5);
  const auto whole = ParseClipProcessorConfig(R"({"size": {"height": 32, "width": 32}})", vision);
  EXPECT_EQ(whole->config.shortest_edge, 0);
  const RgbImage prepared = PrepareClipImage(Picture(64, 9), vision, whole->config).value();
  EXPECT_EQ(prepared.width, 32);
  EXPECT_EQ(prepared.height, 32);
}

TEST(ClipTest, ErrorsNameTensorsAndFields) {
  EXPECT_THAT(ErrorAfter([](auto& d) { d.tensors().erase("visual_projection.weight"); }),
              HasSubstr("tensor 'visual_projection.weight': expected [12, 24], found nothing"));
  EXPECT_THAT(ErrorAfter([](auto& d) {
                d.tensors()["vision_model.embeddings.class_embedding"] = {{2}, {1, 2}};
              }),
              HasSubstr("tensor 'vision_model.embeddings.class_embedding': expected [24], found "
                        "[2]"));
  const auto with = [](const char* pointer, const Json& value) {
    return ErrorAfter([&](auto& d) { d.config()[Json::json_pointer(pointer)] = value; });
  };
  EXPECT_THAT(with("/model_type", "siglip"), HasSubstr("model_type: expected \"clip\""));
  EXPECT_THAT(with("/vision_config/patch_size", 7),
              HasSubstr("vision_config.patch_size: expected a divisor of image_size (32), found "
                        "7"));
  EXPECT_THAT(with("/text_config/eos_token_id", 5),
              HasSubstr("text_config.eos_token_id: expected the tokenizer's"));
  EXPECT_EQ(with("/text_config/eos_token_id", 2), "");  // as old files have it
  const auto processor = [](const std::string& json) {
    return ErrorAfter([&](auto& d) { d.WriteText("preprocessor_config.json", json); });
  };
  EXPECT_THAT(processor(R"({"resample": 1})"),
              HasSubstr("preprocessor_config.json: resample: expected 2 (bilinear) or 3"));
  EXPECT_THAT(processor(R"({"do_center_crop": false})"),
              HasSubstr("do_center_crop: expected true, found false"));
  EXPECT_THAT(processor(R"({"crop_size": 64})"), HasSubstr("crop_size.height: expected 32"));
  EXPECT_THAT(processor(R"({"image_std": [0.1, 0, 1]})"),
              HasSubstr("image_std: expected positive numbers"));
}

TEST(ClipTest, IsInspected) {
  const auto report = InspectModel(kTinyClip, /*read_all_weights=*/true);
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_GT(report->vision_parameters, 0);
  EXPECT_GT(report->text_parameters, 0);
}

}  // namespace
}  // namespace gre
