// The small parts of a training run: settings, views, schedule, optimiser, checkpoints.
#include <cmath>
#include <filesystem>
#include <fstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "dataset/photo_records.h"
#include "training/adamw.h"
#include "training/augment.h"
#include "training/policy/grpo_config.h"
#include "training/sft_config.h"
#include "training/training_state.h"
#include "training/tuning/tuning_config.h"

namespace gre {
namespace {

using testing::HasSubstr;

class TrainingPartsTest : public testing::Test {
 protected:
  TrainingPartsTest() : folder_(testing::TempDir() + "gre_training_parts_" + Name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~TrainingPartsTest() override { std::filesystem::remove_all(folder_); }

  static std::string Name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string folder_;
};

constexpr char kRecipe[] = R"(
[data]
photos = "p"
gallery = "g"
cache = "c"
[model]
backbone = "b"
[optim]
batch_size = 8
[checkpoint]
directory = "d"
)";

TEST_F(TrainingPartsTest, RecipeTakesDefaultsFileAndOverridesInThatOrder) {
  const auto config = SftConfig::Load(Write("r.toml", kRecipe),
                                      {"optim.learning_rate=2", "data.photos=/some/where else"});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->optim.batch_size, 8);
  EXPECT_EQ(config->optim.learning_rate, 2);
  EXPECT_EQ(config->data.photos, "/some/where else");
  EXPECT_EQ(config->schedule.epochs, SftConfig().schedule.epochs);
}

TEST_F(TrainingPartsTest, RecipeErrorsNameTheSetting) {
  const std::string path = Write("r.toml", kRecipe);
  const auto message = [&](const std::string& override_text) {
    const auto config = SftConfig::Load(path, {override_text});
    return config.ok() ? std::string("accepted") : config.error().message;
  };
  EXPECT_THAT(message("optim.batch_sise=8"), HasSubstr("unknown settings: optim.batch_sise"));
  EXPECT_THAT(message("optim.batch_size=\"many\""),
              HasSubstr("optim.batch_size: expected a whole number, found"));
  EXPECT_THAT(message("optim.batch_size=0"), HasSubstr("optim.batch_size: expected 1 to 4096"));
  // a regression: numbers beyond an int wrapped around
  EXPECT_THAT(message("optim.batch_size=4294967304"), HasSubstr("found 4294967304"));
  EXPECT_THAT(message("schedule.seed=-1"), HasSubstr("schedule.seed: expected 0 to"));
  EXPECT_THAT(message("nonsense"), HasSubstr("expected section.key=value"));
  EXPECT_THAT(message("data.cache=\"\""), HasSubstr("data.cache: a path is missing"));
}

TEST_F(TrainingPartsTest, RatesFollowTheirShapes) {
  const auto rate = [](LearningRateShape shape, int64_t step) {
    return ScheduledLearningRate(shape, step, 12, 2, 1);
  };
  for (const auto shape :
       {LearningRateShape::kCosine, LearningRateShape::kLinear, LearningRateShape::kConstant}) {
    EXPECT_EQ(rate(shape, 0), 0);
    EXPECT_EQ(rate(shape, 1), 0.5);
    EXPECT_EQ(rate(shape, 2), 1);
  }
  EXPECT_DOUBLE_EQ(rate(LearningRateShape::kCosine, 7), 0.5);
  EXPECT_DOUBLE_EQ(rate(LearningRateShape::kLinear, 7), 0.5);
  EXPECT_DOUBLE_EQ(rate(LearningRateShape::kLinear, 12), 0);
  EXPECT_EQ(rate(LearningRateShape::kConstant, 11), 1);
}

TEST_F(TrainingPartsTest, CommittedRecipesAreValid) {
  for (const char* recipe : {"nano_tower", "nano"}) {
    const auto config =
        SftConfig::Load(std::string(GRE_SOURCE_DIR "/recipes/") + recipe + ".toml", {});
    EXPECT_TRUE(config.ok()) << config.error().message;
  }
  const auto tuning =
      TuningConfig::Load(GRE_SOURCE_DIR "/recipes/qwen-lora.toml", {"model.base=m"});
  EXPECT_TRUE(tuning.ok()) << tuning.error().message;
  const auto grpo = GrpoConfig::Load(GRE_SOURCE_DIR "/recipes/grpo-lora.toml",
                                     {"model.base=m", "rewards.theta_km=750"});
  EXPECT_TRUE(grpo.ok()) << grpo.error().message;
}

RgbImage Gradient(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(255 * x / width));
      image.pixels.push_back(static_cast<uint8_t>(255 * y / height));
      image.pixels.push_back(128);
    }
  }
  return image;
}

TEST_F(TrainingPartsTest, ViewsAreReproducibleAndMirroredWhenAsked) {
  const RgbImage photo = Gradient(90, 60);
  const AugmentOptions options;
  const auto view = [&](uint64_t seed, bool mirrored) {
    Random random(seed);
    auto result = AugmentedView(photo, 48, mirrored, options, random);
    EXPECT_TRUE(result.ok());
    return std::move(result).value();
  };
  // red grows to the right in the photo
  const auto slope = [](const RgbImage& image) {
    double sum = 0;
    for (int y = 0; y < image.height; ++y) {
      sum += image.Row(y)[static_cast<size_t>(image.width - 1) * 3] - image.Row(y)[0];
    }
    return sum;
  };
  AugmentOptions plain_colours;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const RgbImage straight = view(seed, false);
    EXPECT_EQ(straight.width, 48);
    EXPECT_EQ(straight.height, 48);
    EXPECT_EQ(straight.pixels, view(seed, false).pixels);
    EXPECT_NE(straight.pixels, view(seed + 100, false).pixels);
  }
  Random random(7);
  plain_colours.grey_probability = 0;
  const auto straight = AugmentedView(photo, 48, false, plain_colours, random);
  const auto mirrored = AugmentedView(photo, 48, true, plain_colours, random);
  EXPECT_GT(slope(*straight), 0);
  EXPECT_LT(slope(*mirrored), 0);
}

TEST_F(TrainingPartsTest, LearningRateWarmsUpAndFallsToItsFloor) {
  EXPECT_DOUBLE_EQ(CosineLearningRate(0, 100, 10, 1, 0.02), 0.1);
  EXPECT_DOUBLE_EQ(CosineLearningRate(9, 100, 10, 1, 0.02), 1);
  EXPECT_NEAR(CosineLearningRate(55, 100, 10, 1, 0.02), 0.51, 1e-12);
  EXPECT_NEAR(CosineLearningRate(100, 100, 10, 1, 0.02), 0.02, 1e-12);
  EXPECT_NEAR(CosineLearningRate(1000, 100, 10, 1, 0.02), 0.02, 1e-12);
}

AdamW OneParameter(const AdamWOptions& options, const at::Tensor& value) {
  std::vector<TrainedParameter> parameters(1);
  parameters[0].name = "w";
  parameters[0].value = value;
  return AdamW(options, std::move(parameters));
}

// Against the formulas of the paper, written out for one weight.
TEST_F(TrainingPartsTest, AdamWFollowsItsFormula) {
  AdamWOptions options;
  options.clip_norm = 0;
  at::Tensor weight = at::full({1, 1}, 2.0, at::kFloat);
  AdamW optimiser = OneParameter(options, weight);
  double w = 2, m = 0, v = 0, average = 2;
  constexpr double kRate = 0.1;
  for (int step = 1; step <= 5; ++step) {
    (weight * weight * weight).sum().backward();
    const double gradient = 3 * w * w;
    EXPECT_NEAR(optimiser.Step(kRate), gradient, 1e-4);
    m = options.beta1 * m + (1 - options.beta1) * gradient;
    v = options.beta2 * v + (1 - options.beta2) * gradient * gradient;
    const double m_hat = m / (1 - std::pow(options.beta1, step));
    const double v_hat = v / (1 - std::pow(options.beta2, step));
    w = w * (1 - kRate * options.weight_decay) - kRate * m_hat / (std::sqrt(v_hat) + 1e-8);
    const double ema = std::min(options.ema_decay, step / (step + 9.0));
    average = ema * average + (1 - ema) * w;
    EXPECT_NEAR(weight.item<double>(), w, 1e-5);
    EXPECT_NEAR(optimiser.parameters()[0].average.item<double>(), average, 1e-5);
  }
  optimiser.SwapAverages();
  EXPECT_NEAR(weight.item<double>(), average, 1e-5);
}

TEST_F(TrainingPartsTest, ANonFiniteGradientChangesNothing) {
  at::Tensor weight = at::full({2, 2}, 1.0, at::kFloat);
  AdamW optimiser = OneParameter({}, weight);
  (weight / 0).sum().backward();
  EXPECT_FALSE(std::isfinite(optimiser.Step(0.1)));
  EXPECT_EQ(optimiser.steps(), 0);
  EXPECT_TRUE(at::equal(weight.detach(), at::full({2, 2}, 1.0, at::kFloat)));
}

TEST_F(TrainingPartsTest, CheckpointsAreRestoredGuardedAndPruned) {
  at::Tensor weight = at::tensor({1.0F, 2.0F});
  AdamW optimiser = OneParameter({}, weight);
  const std::string settings = "lora.rank = 8\noptim.shape = 'linear'\n";
  const TrainingPosition position = {settings, 3, 4, 0.5, 2};
  for (int i = 0; i < 3; ++i) {
    (weight * weight).sum().backward();
    optimiser.Step(0.1);
    ASSERT_TRUE(
        SaveTrainingState(folder_, position, optimiser.steps(), optimiser.parameters(), 2).ok());
  }
  EXPECT_FALSE(DirectoryExists(folder_ + "/step_1"));
  EXPECT_TRUE(DirectoryExists(folder_ + "/step_2"));

  at::Tensor other = at::tensor({0.0F, 0.0F});
  AdamW restored = OneParameter({}, other);
  EXPECT_THAT(
      LoadTrainingState(folder_, "lora.rank = 16\noptim.shape = 'linear'\nx = 1\n", restored)
          .error()
          .message,
      HasSubstr("other settings or data: lora.rank was 8, is 16; x was not there, is 1; take"));
  const auto loaded = LoadTrainingState(folder_, settings, restored);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ((*loaded)->epoch, 3);
  EXPECT_EQ((*loaded)->step_in_epoch, 4);
  EXPECT_EQ(restored.steps(), 3);
  EXPECT_TRUE(at::equal(other.detach(), weight.detach()));
  EXPECT_TRUE(at::equal(restored.parameters()[0].moment2, optimiser.parameters()[0].moment2));

  std::fstream file(folder_ + "/step_3/state.safetensors", std::ios::in | std::ios::out);
  file.seekp(-1, std::ios::end);
  file.put('\x55');
  file.close();
  EXPECT_THAT(LoadTrainingState(folder_, settings, restored).error().message,
              HasSubstr("SHA-256 differs"));
}

}  // namespace
}  // namespace gre
