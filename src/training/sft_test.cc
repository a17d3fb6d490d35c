// The tower against the reference network, and whole tiny training runs.
#include "training/sft.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <list>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "dataset/photo_records.h"
#include "image/encode.h"
#include "model/gre_nano/effnet_lite.h"
#include "model/gre_nano/model.h"
#include "model/tensor_spec.h"
#include "training/initial_weights.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

using testing::HasSubstr;

// The formulas of tools/reference/efficientnet_lite2_golden.py.
at::Tensor Drawn(const std::string& name, at::IntArrayRef shape) {
  double h = 0;
  for (const char c : name) h += c;
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const double scale = std::sqrt(4.0 / static_cast<double>(tensor[0].numel()));
  auto* data = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    const auto x = static_cast<double>(i);
    data[i] = static_cast<float>(name.ends_with("conv.weight")    ? std::sin(0.7 * x + h) * scale
                                 : name.ends_with("bn.weight")    ? 1 + 0.2 * std::sin(x + h)
                                 : name.ends_with("bn.bias")      ? 0.2 * std::cos(x + h)
                                 : name.ends_with("running_mean") ? 0.2 * std::sin(2 * x + h)
                                                                  : 1 + 0.3 * std::cos(3 * x + h));
  }
  return tensor;
}

// A backbone checkpoint with batch norms.
TensorMap DrawnBackbone() {
  SpecRecorder recorder;
  const EffnetLite shape(recorder, "tower");
  TensorMap backbone;
  for (const TensorSpec& spec : recorder.specs()) {
    const std::string suffix = ".weight";
    if (!spec.name.ends_with(suffix)) continue;
    const size_t start = std::string("tower.").size();
    const std::string layer = spec.name.substr(start, spec.name.size() - suffix.size() - start);
    const auto add = [&](const std::string& name, at::IntArrayRef extents) {
      backbone[name] = Drawn(name, extents);
    };
    add(layer + ".conv.weight", spec.shape);
    for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
      add(layer + ".bn." + part, {spec.shape[0]});
    }
  }
  return backbone;
}

TEST(EffnetLite, MeetsTheReferenceNetwork) {
  const at::NoGradGuard no_grad;
  InitialWeights weights(FoldBatchNorms(DrawnBackbone()).value(), 0, at::kFloat);
  const EffnetLite tower(weights, "tower");
  ASSERT_TRUE(weights.status().ok());
  const auto golden = ReadJsonFile(GRE_SOURCE_DIR "/src/training/testdata/effnet_lite2.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;

  at::Tensor x = at::empty({1, 3, 64, 64}, at::kFloat);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const auto column = static_cast<double>(i % 64);
    const auto row = static_cast<double>(i / 64 % 64);
    const auto channel = static_cast<double>(i / (64 * 64));
    x.mutable_data_ptr<float>()[i] =
        static_cast<float>(std::sin(0.05 * column + 0.11 * row + channel));
  }
  const auto check = [&](size_t index) {
    const Json& expected = golden->at(index);
    const double rms = expected.at("rms").get<double>();
    EXPECT_NEAR(x.to(at::kDouble).mean().item<double>(), expected.at("mean").get<double>(),
                1e-5 * rms)
        << expected.at("layer");
    EXPECT_NEAR(std::sqrt(x.to(at::kDouble).square().mean().item<double>()), rms, 1e-5 * rms)
        << expected.at("layer");
  };
  x = tower.Stem(x);
  check(0);
  for (int block = 0; block < EffnetLite::kNumBlocks; ++block) {
    x = tower.Block(block, x);
    check(static_cast<size_t>(block) + 1);
  }
  x = tower.Head(x);
  check(EffnetLite::kNumBlocks + 1);
}

TEST(FoldBatchNorms, NamesTheTensorThatIsMissing) {
  TensorMap backbone = DrawnBackbone();
  backbone.erase("blocks.3.project.bn.running_var");
  EXPECT_THAT(FoldBatchNorms(backbone).error().message,
              HasSubstr("'blocks.3.project.bn.running_var'"));
}

// Photos of two countries that differ in the direction of their stripes: the drawn weights of the
// first layer hardly see a plain colour, and what is learnt then depends on the machine's rounding.
// A network of the smallest useful size.
class SftTest : public testing::Test {
 protected:
  SftTest()
      : folder_(testing::TempDir() + "gre_sft_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    WriteBackbone();
    WritePhotos(/*train=*/4, /*dev=*/2);
    Write("gallery.csv", "LAT,LON\n48.86,2.35\n43.3,5.37\n-8.05,-34.9\n-30.03,-51.2\n");
    Write("recipe.toml", "[data]\nphotos=\"" + folder_ + "\"\nmanifest=\"" + folder_ +
                             "/manifest.jsonl\"\ngallery=\"" + folder_ +
                             "/gallery.csv\"\ncache=\"" + folder_ +
                             "/cache\"\n[model]\nbackbone=\"" + folder_ +
                             "/backbone.safetensors\"\nimage_size=64\ngrid=1\nhidden_size=32\n"
                             "intermediate_size=32\nlayers=1\nheads=2\nkv_heads=1\n"
                             "summary_size=16\n[optim]\nbatch_size=2\ndropout=0.1\n"
                             "learning_rate=0.005\nema_decay=0.5\n[schedule]\nepochs=2\nthreads=1\n"
                             "warmup_steps=2\n[augment]\nviews=2\n"
                             "[checkpoint]\nevery_steps=0\n");
  }
  ~SftTest() override { std::filesystem::remove_all(folder_); }

  // Even photos show FR, odd ones BR; some of each are travel photos.
  void WritePhotos(int train, int dev) const {
    std::vector<PhotoRecord> records;
    for (int i = 0; i < train + dev; ++i) {
      const std::string name = std::to_string(i) + ".jpg";
      Write(name, EncodeJpeg(Photo(i)).value());
      records.push_back({name, i % 8 == 1 || i % 8 == 6 ? PhotoKind::kTravel : PhotoKind::kStreet,
                         i < train ? PhotoSplit::kTrain : PhotoSplit::kDev,
                         i % 2 == 0 ? "FR" : "BR", std::nullopt});
    }
    Write("manifest.jsonl", FormatPhotoManifest(records));
  }
  static RgbImage Photo(int index) {
    RgbImage image{80, 64, {}};
    for (int i = 0; i < 80 * 64; ++i) {
      const int across = index % 2 == 0 ? i % 80 : i / 80;
      const auto wave = static_cast<uint8_t>(128 + 100 * std::sin(0.8 * across + index));
      image.pixels.insert(image.pixels.end(), {wave, wave, wave});
    }
    return image;
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  void WriteBackbone() const {
    const TensorMap backbone = DrawnBackbone();
    std::vector<TensorData> tensors;
    for (const auto& [name, tensor] : backbone) {
      tensors.push_back(
          {name,
           TensorDtype::kF32,
           tensor.sizes().vec(),
           {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
    }
    ASSERT_TRUE(WriteSafetensors(folder_ + "/backbone.safetensors", std::move(tensors)).ok());
  }

  [[nodiscard]] Result<TrainingOutcome> Train(const std::string& run,
                                              std::vector<std::string> overrides,
                                              bool resume = false) const {
    overrides.push_back("checkpoint.directory=" + folder_ + "/" + run);
    return RunSft({folder_ + "/recipe.toml", overrides, resume}, CancellationToken());
  }
  [[nodiscard]] std::string StateOf(const std::string& run, int step) const {
    return ReadFile(folder_ + "/" + run + "/step_" + std::to_string(step) + "/state.safetensors")
        .value();
  }

  std::string folder_;
};

TEST_F(SftTest, AnInterruptedRunResumesBitForBit) {
  const auto whole = Train("whole", {});
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  EXPECT_TRUE(whole->finished);
  EXPECT_EQ(whole->updates, 6);
  ASSERT_TRUE(whole->best && whole->last_loss);
  EXPECT_EQ(whole->best->update % 3, 0);
  // 4 photos, the travel one three times: 3 steps an epoch; stop within each epoch.
  ASSERT_TRUE(Train("parts", {"schedule.max_steps=2"}).ok());
  EXPECT_THAT(Train("parts", {}).error().message, HasSubstr("--resume"));
  ASSERT_TRUE(Train("parts", {"schedule.max_steps=3"}, /*resume=*/true).ok());
  ASSERT_TRUE(Train("parts", {}, /*resume=*/true).ok());
  EXPECT_EQ(StateOf("parts", 6), StateOf("whole", 6));
  EXPECT_EQ(ReadFile(folder_ + "/parts/best/model.safetensors").value(),
            ReadFile(folder_ + "/whole/best/model.safetensors").value());

  EXPECT_THAT(Train("parts", {"optim.dropout=0.2"}, /*resume=*/true).error().message,
              HasSubstr("other settings or data: optim.dropout was 0.1, is 0.2;"));
}

// As recipes/nano_tower.toml and recipes/nano.toml do it: the tower first, then head and text.
TEST_F(SftTest, TwoStagesLearnToTellTwoCountriesApartAndExportAModelThatLoads) {
  WritePhotos(/*train=*/16, /*dev=*/4);
  const auto tower =
      Train("tower", {"optim.batch_size=8", "schedule.epochs=6", "schedule.patience=6"});
  ASSERT_TRUE(tower.ok()) << tower.error().message;
  const std::vector<std::string> stage = {"model.tower=" + folder_ + "/tower/best",
                                          "model.hint_temperature=0.25",
                                          "model.reference_tower=true",
                                          "country_head.members=2",
                                          "geography.steps=20",
                                          "geography.batch_size=4",
                                          "data.travel_repeats=1",
                                          "optim.batch_size=4",
                                          "optim.dropout=0",
                                          "optim.follow_head=true",
                                          "optim.ema_decay=0.9",
                                          "optim.learning_rate=4e-3",
                                          "optim.auxiliary_weight=0",
                                          "schedule.epochs=60",
                                          "schedule.patience=60"};
  const auto text = Train("text", stage);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_THAT(ReadFile(folder_ + "/text/log.jsonl").value(), HasSubstr("\"street_top1\":1.0"));

  const auto model = GreNano::Load(folder_ + "/text/best", {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_TRUE(GreNano::Inspect(folder_ + "/text/best").problems.empty());

  // A finished model goes on from where it was.
  const auto further =
      Train("further", {"model.tower=" + folder_ + "/text/best", "model.continue_text=true",
                        "model.hint_temperature=0.25", "model.reference_tower=true",
                        "optim.learning_rate=1e-5", "optim.dropout=0", "schedule.epochs=1"});
  ASSERT_TRUE(further.ok()) << further.error().message;
  EXPECT_THAT(ReadFile(folder_ + "/further/log.jsonl").value(), HasSubstr("\"street_top1\":1.0"));

  // Another tower is another run, whatever its path.
  std::filesystem::copy_file(folder_ + "/text/best/model.safetensors",
                             folder_ + "/tower/best/model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Train("text", stage, /*resume=*/true).error().message,
              HasSubstr("contents of model.tower was "));
}

TEST_F(SftTest, AnUnreadablePhotoIsNamed) {
  Write("3.jpg", "not a photo");
  EXPECT_THAT(Train("run", {}).error().message, HasSubstr("3.jpg"));
}

TEST_F(SftTest, CancellationLeavesACheckpoint) {
  ASSERT_TRUE(Train("run", {"schedule.max_steps=1"}).ok());
  CancellationToken token;
  token.Cancel();
  const auto status =
      RunSft({folder_ + "/recipe.toml", {"checkpoint.directory=" + folder_ + "/run"}, true}, token);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(DirectoryExists(folder_ + "/run/step_2"));
}

}  // namespace
}  // namespace gre
