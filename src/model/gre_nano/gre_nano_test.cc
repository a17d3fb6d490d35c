#include <cmath>
#include <filesystem>
#include <fstream>
#include <list>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/random.h"
#include "model/gre_nano/model.h"
#include "model/gre_nano/preprocess.h"
#include "model/stored_images.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/qwen_splitter.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Weights drawn from their names; convolutions are scaled to keep activations in range.
class DrawnWeights : public WeightSource {
 public:
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override {
    if (name.ends_with("norm.weight") || name.ends_with("_deviation")) {
      return at::ones(shape, at::kFloat);
    }
    at::Tensor values = at::empty(shape, at::kFloat);
    const double scale = 1.5 / std::sqrt(static_cast<double>(values[0].numel()));
    Random random(HashSeed(1, name));
    auto* data = values.mutable_data_ptr<float>();
    for (int64_t i = 0; i < values.numel(); ++i) {
      data[i] = static_cast<float>(random.Uniform(-scale, scale));
    }
    return values;
  }
};

NanoConfig SmallConfig() {
  NanoConfig config;
  config.image_size = 64;
  config.grid = 2;
  config.vocab_size = 259;
  config.hidden_size = 32;
  config.intermediate_size = 48;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.max_positions = 64;
  config.summary_size = 16;
  config.num_countries = 3;
  config.image_token_id = 256;
  config.begin_token_id = 257;
  config.end_token_id = 258;
  return config;
}

constexpr char kLine[] = "1. [attribute/continent] -> Europe\n";

// The 256 bytes and three special tokens, then `phrases`.
std::string SmallTokenizer(const std::vector<std::string>& phrases = {}) {
  nlohmann::ordered_json vocab, added;
  for (int byte = 0; byte < 256; ++byte) {
    vocab[SpellByte(static_cast<unsigned char>(byte))] = byte;
  }
  for (const char* name : {"<|image|>", "<|begin|>", "<|end|>"}) {
    added.push_back({{"id", 256 + added.size()},
                     {"content", name},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  for (const std::string& phrase : phrases) {
    added.push_back(added.back());
    added.back().update({{"id", 255 + added.size()}, {"content", phrase}, {"special", false}});
  }
  nlohmann::ordered_json bytes = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  nlohmann::ordered_json split = {{"type", "Split"},
                                  {"pattern", {{"Regex", kQwenSplitPattern}}},
                                  {"behavior", "Isolated"},
                                  {"invert", false}};
  return nlohmann::ordered_json(
             {{"version", "1.0"},
              {"added_tokens", added},
              {"normalizer", {{"type", "NFC"}}},
              {"pre_tokenizer",
               {{"type", "Sequence"},
                {"pretokenizers", nlohmann::ordered_json::array({split, bytes})}}},
              {"decoder", bytes},
              {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}}}})
      .dump();
}

RgbImage Waves(int width, int height) {
  RgbImage image{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) {
    image.pixels.push_back(static_cast<uint8_t>(127 + 120 * std::sin(0.07 * i)));
  }
  return image;
}

TEST(NanoNetwork, TheCountryHeadIsTheAverageOfItsMembers) {
  const at::NoGradGuard no_grad;
  NanoConfig config = SmallConfig();
  config.reference_tower = true;
  DrawnWeights weights;
  NanoNetwork network(weights, config, at::kCPU);
  const TowerFeatures tower = network.Upper(network.Lower(NormalisedPixels(Waves(64, 64))));
  const at::Tensor inputs = network.SummaryInputs(tower);
  const at::Tensor mask = network.StatisticsMask();
  ASSERT_EQ(inputs.size(1), mask.size(0));
  EXPECT_EQ(mask.sum().item<int64_t>(), 976 + 416);

  std::vector<CountryMember> members;
  at::Tensor mean;
  for (const char* name : {"first", "second"}) {
    const std::string path = name;
    members.push_back({weights.Get(path + ".hidden", {8, inputs.size(1)}) * mask,
                       weights.Get(path + ".hidden_bias", {8}), weights.Get(path + ".out", {3, 8}),
                       weights.Get(path + ".out_bias", {3})});
    const at::Tensor logits = members.back().Logits(inputs, /*dropout=*/0);
    mean = mean.defined() ? (mean + logits) / 2 : logits;
  }
  network.SetCountryHead(members);
  EXPECT_TRUE(at::allclose(network.Project(tower).country_logits, mean, 1e-4, 1e-5));
}

// A directory that holds the small model.
class GreNanoTest : public testing::Test {
 protected:
  GreNanoTest()
      : folder_(testing::TempDir() + "gre_nano_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(folder_);
    Write("config.json", SmallConfig().ToJson());
    Write("tokenizer.json", SmallTokenizer());
    DrawnWeights weights;
    NanoNetwork network(weights, SmallConfig(), at::kCPU);
    SaveWeights(network, "");
  }
  ~GreNanoTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }
  // All tensors but the one named `left_out`.
  void SaveWeights(NanoNetwork& network, const std::string& left_out) const {
    std::list<at::Tensor> kept;
    std::vector<TensorData> tensors;
    network.VisitParameters(NanoNetwork::Part::kAll, [&](const ParameterSlice& slice) {
      if (slice.name == left_out) {
        return;
      }
      const at::Tensor& tensor = kept.emplace_back(slice.Get().contiguous());
      tensors.push_back(
          {slice.name,
           TensorDtype::kF32,
           tensor.sizes().vec(),
           {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
    });
    ASSERT_TRUE(WriteSafetensors(folder_ + "/model.safetensors", std::move(tensors)).ok());
  }

  std::string folder_;
};

std::vector<ChatTurn> OnePhoto() {
  return {{"system", {std::string("Say where.")}}, {"user", {ImageSlot{}, std::string("Where?")}}};
}

// Greedy ids by full forward passes without any cache.
std::vector<int32_t> GreedyWithoutCache(const VisionLanguageModel& model,
                                        const EncodedPrompt& prompt, int steps) {
  std::vector<int32_t> ids = prompt.token_ids;
  const at::Tensor features = model.EncodeImage(prompt.pixels[0], nullptr);
  for (int i = 0; i < steps; ++i) {
    const auto rows = static_cast<int64_t>(ids.size());
    const AttentionSegment segment = {AttentionSegment::Kind::kSequence, 0, rows, nullptr, {}};
    const at::Tensor states =
        model.Forward(model.Embed(ids, std::span(&features, 1)),
                      at::arange(rows, at::kLong).unsqueeze(0), std::span(&segment, 1), {});
    ids.push_back(static_cast<int32_t>(
        model.Logits(states.narrow(0, rows - 1, 1)).argmax(1).item<int64_t>()));
  }
  return {ids.begin() + static_cast<std::ptrdiff_t>(prompt.token_ids.size()), ids.end()};
}

TEST_F(GreNanoTest, CachedGreedyDecodingEqualsFullForwardPasses) {
  const at::NoGradGuard no_grad;
  const auto model = GreNano::Load(folder_, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const RgbImage photo = Waves(90, 50);
  const RgbImage* images[] = {&photo};
  const auto prompt = (*model)->EncodePrompt(OnePhoto(), images, true);
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  const auto rows = static_cast<int64_t>(prompt->token_ids.size());
  EXPECT_EQ(rows, SmallConfig().image_tokens() + 1);

  constexpr int kSteps = 8;
  const VisionLanguageModel::Spec& spec = (*model)->spec();
  KvCache cache({spec.num_layers, spec.num_kv_heads, spec.head_dim, rows, 1, kSteps}, at::kFloat,
                at::kCPU);
  const at::Tensor features = (*model)->EncodeImage(prompt->pixels[0], nullptr);
  const AttentionSegment whole = {AttentionSegment::Kind::kSequence, 0, rows, &cache, {}};
  at::Tensor states = (*model)->Forward((*model)->Embed(prompt->token_ids, std::span(&features, 1)),
                                        prompt->positions, std::span(&whole, 1), {});
  std::vector<int32_t> greedy;
  for (int i = 0; i < kSteps; ++i) {
    greedy.push_back(static_cast<int32_t>(
        (*model)->Logits(states.narrow(0, states.size(0) - 1, 1)).argmax(1).item<int64_t>()));
    const AttentionSegment next = {AttentionSegment::Kind::kDecode, 0, 1, &cache, {0}};
    const at::Tensor position = at::full({1, 1}, prompt->next_position + i, at::kLong);
    states = (*model)->Forward((*model)->Embed(std::span(&greedy.back(), 1), {}), position,
                               std::span(&next, 1), {});
  }
  EXPECT_EQ(greedy, GreedyWithoutCache(**model, *prompt, kSteps));
}

TEST_F(GreNanoTest, NeedsExactlyOnePhoto) {
  const auto model = GreNano::Load(folder_, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto prompt = (*model)->EncodePrompt(OnePhoto(), {}, true);
  ASSERT_FALSE(prompt.ok());
  EXPECT_THAT(prompt.error().message, HasSubstr("expected one photo in one image slot, found 0"));
}

TEST_F(GreNanoTest, ReadsTheChainsOfAQuestionAndNothingElseOfIt) {
  NanoConfig config = SmallConfig();
  config.vocab_size = 261;
  config.reads_chains = true;
  DrawnWeights weights;
  NanoNetwork network(weights, config, at::kCPU);
  SaveWeights(network, "");
  Write("config.json", config.ToJson());
  Write("tokenizer.json", SmallTokenizer({kLine, ", "}));
  const auto model = GreNano::Load(folder_, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const RgbImage photo = Waves(64, 64);
  const RgbImage* images[] = {&photo};
  const std::string question = std::string("A question, <|end|>:\n") + kLine + "Is it right?";
  const std::vector<ChatTurn> turns = {{"user", {ImageSlot{}, question}}};
  const auto prompt = (*model)->EncodePrompt(turns, images, true);
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  std::vector<int32_t> expected(static_cast<size_t>(config.image_tokens()), 256);
  expected.insert(expected.end(), {259, 257});
  EXPECT_EQ(prompt->token_ids, expected);
  EXPECT_EQ(prompt->next_position, static_cast<int64_t>(expected.size()));

  EXPECT_THAT((*model)->EncodeReply(std::string(kLine) + "<|image|>a, "),
              ElementsAre(259, 97, 260, 258));
}

TEST_F(GreNanoTest, FeaturesOfAnImageAreKeptAndABrokenFileIsMadeAnew) {
  const at::NoGradGuard no_grad;
  const std::string features = folder_ + "/features";
  const auto load = [&] {
    std::shared_ptr<VisionLanguageModel> model = GreNano::Load(folder_, {}).value();
    return StoreImageFeatures(std::move(model), folder_, features).value();
  };
  const at::Tensor pixels = PreparePixels(Waves(90, 50), SmallConfig().image_size);
  const at::Tensor expected = GreNano::Load(folder_, {}).value()->EncodeImage(pixels, nullptr);
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), expected));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(features)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 1);
  const at::Tensor others = at::ones_like(expected);
  const auto write = [&](const at::Tensor& values) {
    return WriteSafetensors(
        files[0].string(),
        {{"features",
          TensorDtype::kF32,
          values.sizes().vec(),
          {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}}});
  };
  ASSERT_TRUE(write(others).ok());
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), others));  // read, not computed
  ASSERT_TRUE(write(at::ones({3, 7})).ok());                             // of no such model
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), expected));
  std::ofstream(files[0]) << "torn";
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), expected));
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), expected));

  // settings, and weights of the tower, that differ have features of their own
  ASSERT_TRUE(write(others).ok());
  NanoConfig config = SmallConfig();
  config.max_positions += 1;
  Write("config.json", config.ToJson());
  EXPECT_TRUE(at::equal(load()->EncodeImage(pixels, nullptr), expected));
  DrawnWeights weights;
  NanoNetwork network(weights, SmallConfig(), at::kCPU);
  network.VisitParameters(NanoNetwork::Part::kAll, [](const ParameterSlice& slice) {
    if (slice.name == "projector.position") slice.Get().add_(1);
  });
  SaveWeights(network, "");
  EXPECT_FALSE(at::equal(load()->EncodeImage(pixels, nullptr), expected));

  std::ofstream(folder_ + "/occupied") << "";
  std::shared_ptr<VisionLanguageModel> model = GreNano::Load(folder_, {}).value();
  EXPECT_THAT(StoreImageFeatures(std::move(model), folder_, folder_ + "/occupied").error().message,
              HasSubstr("occupied"));
}

TEST_F(GreNanoTest, LoadErrorsNameFileFieldAndTensor) {
  const auto message = [&] { return GreNano::Load(folder_, {}).error().message; };
  DrawnWeights weights;
  NanoNetwork network(weights, SmallConfig(), at::kCPU);
  SaveWeights(network, "projector.position");
  EXPECT_THAT(message(), HasSubstr("projector.position"));
  SaveWeights(network, "");

  NanoConfig other = SmallConfig();
  other.vocab_size = 260;
  Write("config.json", other.ToJson());
  EXPECT_THAT(message(), HasSubstr("tokenizer.json: expected vocab_size (260) tokens, found 259"));
  EXPECT_THAT(message(), HasSubstr("model.embed_tokens.weight"));
  EXPECT_FALSE(GreNano::Inspect(folder_).problems.empty());

  Write("config.json", "{\"model_type\": \"gre_nano\"}");
  EXPECT_THAT(message(),
              HasSubstr("config.json: image_size: expected an integer from 32 to 1024, found "
                        "nothing"));
  std::filesystem::remove(folder_ + "/config.json");
  EXPECT_THAT(message(), HasSubstr("config.json"));
}

TEST_F(GreNanoTest, InspectJoinedTheProblemsOfAConfigOnOneLine) {
  NanoConfig wrong = SmallConfig();
  wrong.num_kv_heads = 3;
  wrong.end_token_id = 259;
  Write("config.json", wrong.ToJson());
  EXPECT_THAT(GreNano::Inspect(folder_).problems,
              ElementsAre(HasSubstr("config.json: num_key_value_heads: expected a divisor"),
                          HasSubstr("config.json: eos_token_id: expected a token below")));
}

TEST_F(GreNanoTest, AdaptersAndOtherDtypesAreRefused) {
  EXPECT_THAT(GreNano::Load(folder_, {.adapter_dir = "x"}).error().message,
              HasSubstr("takes no adapter"));
  EXPECT_THAT(GreNano::Load(folder_, {.dtype = at::kBFloat16}).error().message,
              HasSubstr("float32 only"));
}

TEST(NanoConfigTest, RoundTripsAndRefusesWhatCannotBe) {
  const auto read = [](const std::string& json) { return NanoConfig::FromJson(json).value(); };
  const auto config = read(SmallConfig().ToJson());
  EXPECT_THAT(config.problems, IsEmpty());
  EXPECT_EQ(config.config.ToJson(), SmallConfig().ToJson());
  const auto broken = [&](auto change) {
    NanoConfig wrong = SmallConfig();
    change(wrong);
    const std::vector<std::string> problems = read(wrong.ToJson()).problems;
    return problems.empty() ? "" : problems.front();
  };
  EXPECT_THAT(broken([](NanoConfig& c) { c.grid = 3; }), HasSubstr("grid: expected a divisor"));
  EXPECT_THAT(broken([](NanoConfig& c) { c.image_size = 100; }), HasSubstr("image_size"));
  EXPECT_THAT(broken([](NanoConfig& c) { c.num_kv_heads = 3; }), HasSubstr("num_key_value_heads"));
  EXPECT_THAT(broken([](NanoConfig& c) { c.end_token_id = 259; }), HasSubstr("vocab_size"));
  EXPECT_THAT(broken([](NanoConfig& c) { c.hidden_size = int64_t{1} << 40; }),
              HasSubstr("hidden_size: expected an integer from 2 to 8192, found 1099511627776"));
  std::string json = SmallConfig().ToJson();
  const std::string field = "\"image_token_id\": ";
  json.insert(json.find(field) + field.size(), "4294967296");  // its low 32 bits are 0
  EXPECT_THAT(read(json).problems,
              ElementsAre(HasSubstr("image_token_id: expected an integer from 0")));
  EXPECT_THAT(broken([](NanoConfig& c) { c.num_layers = 1 << 20; }),
              HasSubstr("num_hidden_layers"));
}

}  // namespace
}  // namespace gre
