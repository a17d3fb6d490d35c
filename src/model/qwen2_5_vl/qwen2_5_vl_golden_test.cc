// Holds the whole architecture against the reference implementation's numbers (forward/ and lora/
// of the golden sets).
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "model/checkpoint_source.h"
#include "model/loader.h"
#include "model/qwen2_5_vl/model.h"
#include "model/testing/golden_prompt.h"
#include "support/golden_test.h"
#include "support/temporary_folder.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr double kFloatTolerance = 1e-5;     // of the tensor's maximum
constexpr double kBfloat16Tolerance = 3e-2;  // of the tensor's maximum

double RelativeError(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  const at::Tensor difference = (found.to(at::kDouble) - expected.to(at::kDouble)).abs();
  return (difference.max() / expected.to(at::kDouble).abs().max()).item<double>();
}

class Qwen25VlGoldenTest : public testing::GoldenTest {
 protected:
  void SetUp() override {
    GoldenTest::SetUp();
    if (IsSkipped()) return;
    cases_ = ReadJsonFile(folder() + "/forward/cases.json").value();
    tensors_ = Checkpoint::OpenFile(folder() + "/forward/tensors.safetensors").value();
    adapted_ = Checkpoint::OpenFile(folder() + "/lora/tensors.safetensors").value();
  }

  [[nodiscard]] at::Tensor Expected(const std::string& name) const {
    return ViewTensor(*tensors_->Find(name));
  }
  [[nodiscard]] at::Tensor ExpectedAdapted(const std::string& name) const {
    return ViewTensor(*adapted_->Find(name));
  }

  [[nodiscard]] std::unique_ptr<VisionLanguageModel> Load(ModelLoadOptions options,
                                                          const std::string& directory = "") const {
    options.max_pixels = cases_["max_pixels"].get<int64_t>();
    auto model = LoadModel(directory.empty() ? folder() + "/model" : directory, options);
    EXPECT_TRUE(model.ok()) << model.error().message;
    return std::move(model).value();
  }

  [[nodiscard]] EncodedPrompt Encode(const VisionLanguageModel& model,
                                     const std::string& prompt) const {
    return testing::EncodeGoldenPrompt(folder(), cases_, model, prompt);
  }

  static at::Tensor EmbedPrompt(const VisionLanguageModel& model, const EncodedPrompt& prompt) {
    std::vector<at::Tensor> features;
    for (const at::Tensor& pixels : prompt.pixels)
      features.push_back(model.EncodeImage(pixels, nullptr));
    return model.Embed(prompt.token_ids, features);
  }

  static AttentionSegment Sequence(int64_t begin, int64_t rows, KvCache* cache = nullptr) {
    return {AttentionSegment::Kind::kSequence, begin, rows, cache, {}};
  }

  // Logits of every row of a prompt, without a cache.
  [[nodiscard]] at::Tensor AllLogits(const VisionLanguageModel& model,
                                     const std::string& name) const {
    const EncodedPrompt prompt = Encode(model, name);
    const AttentionSegment segment = Sequence(0, static_cast<int64_t>(prompt.token_ids.size()));
    return model.Logits(
        model.Forward(EmbedPrompt(model, prompt), prompt.positions, {&segment, 1}, {}));
  }

  void CheckLogits(const VisionLanguageModel& model, double tolerance) const {
    for (const char* name : kPrompts) {
      const std::string prefix = name;
      const at::Tensor logits = AllLogits(model, name);
      EXPECT_LE(RelativeError(logits[-1], Expected(prefix + ".last_logits")), tolerance) << name;
      EXPECT_LE(RelativeError(logits.logsumexp(-1), Expected(prefix + ".logsumexp")), tolerance)
          << name;
      EXPECT_LE(RelativeError(NextTokenLogprobs(logits, prefix),
                              Expected(prefix + ".next_token_logprobs")),
                tolerance)
          << name;
    }
  }
  [[nodiscard]] at::Tensor NextTokenLogprobs(const at::Tensor& logits,
                                             const std::string& prompt) const {
    const at::Tensor targets = Expected(prompt + ".input_ids").slice(0, 1).unsqueeze(1);
    return at::log_softmax(logits.slice(0, 0, -1), -1).gather(1, targets).squeeze(1);
  }

  // Greedy continuation of `samples` identical samples through the cache, the prompt prefilled in
  // chunks of `chunk` rows.
  [[nodiscard]] std::vector<int64_t> Greedy(const VisionLanguageModel& model,
                                            const std::string& name, int64_t chunk, int64_t samples,
                                            int64_t tokens) const {
    const EncodedPrompt prompt = Encode(model, name);
    const auto length = static_cast<int64_t>(prompt.token_ids.size());
    const auto& spec = model.spec();
    KvCache cache({spec.num_layers, spec.num_kv_heads, spec.head_dim, length, samples, tokens},
                  spec.dtype, spec.device);
    const at::Tensor embeddings = EmbedPrompt(model, prompt);
    at::Tensor states;
    for (int64_t begin = 0; begin < length; begin += chunk) {
      const int64_t rows = std::min(chunk, length - begin);
      const AttentionSegment segment = Sequence(0, rows, &cache);
      states = model.Forward(embeddings.narrow(0, begin, rows),
                             prompt.positions.narrow(1, begin, rows), {&segment, 1}, {});
    }
    AttentionSegment decode{AttentionSegment::Kind::kDecode, 0, samples, &cache, {}};
    for (int64_t i = 0; i < samples; ++i) decode.samples.push_back(i);
    int64_t next = model.Logits(states.narrow(0, states.size(0) - 1, 1)).argmax(-1).item<int64_t>();
    std::vector<int64_t> ids;
    for (int64_t position = prompt.next_position;; ++position) {
      ids.push_back(next);
      if (static_cast<int64_t>(ids.size()) == tokens) return ids;
      const std::vector<int32_t> inputs(static_cast<size_t>(samples), static_cast<int32_t>(next));
      const at::Tensor positions =
          at::full({prompt.positions.size(0), samples}, position, at::kLong);
      states = model.Forward(model.Embed(inputs, {}), positions, {&decode, 1}, {});
      const at::Tensor best = model.Logits(states).argmax(-1);
      next = best[samples - 1].item<int64_t>();
      EXPECT_TRUE(best.eq(next).all().item<bool>());
    }
  }

  static constexpr const char* kPrompts[] = {"text", "one_image", "two_images"};
  at::NoGradGuard no_grad_;
  Json cases_;
  std::optional<Checkpoint> tensors_, adapted_;
};

GRE_INSTANTIATE_GOLDENS(Qwen25VlGoldenTest);

TEST_P(Qwen25VlGoldenTest, PromptIdsPositionsAndPixels) {
  const auto model = Load({.dtype = at::kFloat});
  for (const char* name : kPrompts) {
    const std::string prefix = name;
    const EncodedPrompt prompt = Encode(*model, name);
    const at::Tensor ids = Expected(prefix + ".input_ids");
    ASSERT_EQ(static_cast<int64_t>(prompt.token_ids.size()), ids.size(0));
    for (int64_t i = 0; i < ids.size(0); ++i) {
      ASSERT_EQ(prompt.token_ids[static_cast<size_t>(i)], ids[i].item<int64_t>()) << name << i;
    }
    EXPECT_TRUE(prompt.positions.equal(Expected(prefix + ".position_ids"))) << name;
    EXPECT_EQ(prompt.next_position - ids.size(0),
              cases_["prompts"][name]["rope_delta"].get<int64_t>());
    if (prompt.pixels.empty()) continue;
    std::vector<at::Tensor> rows;
    for (const at::Tensor& pixels : prompt.pixels) rows.push_back(pixels.flatten(0, 2));
    const at::Tensor expected = Expected(prefix + ".pixel_values");
    EXPECT_LE((at::cat(rows) - expected).abs().max().item<double>(), 1e-5) << name;
  }
}

TEST_P(Qwen25VlGoldenTest, EveryStageInFloat32) {
  const auto loaded = Load({.dtype = at::kFloat});
  const auto& model = dynamic_cast<const Qwen25VlModel&>(*loaded);
  for (const char* name : kPrompts) {
    const std::string prefix = name;
    const EncodedPrompt prompt = Encode(model, name);
    std::vector<Qwen25VisionTower::Trace> traces(prompt.pixels.size());
    std::vector<at::Tensor> features;
    for (size_t i = 0; i < traces.size(); ++i) {
      features.push_back(model.network().vision().Forward(prompt.pixels[i], nullptr, &traces[i]));
    }
    const auto check = [&](const std::string& stage, const std::vector<at::Tensor>& parts) {
      EXPECT_LE(RelativeError(at::cat(parts), Expected(prefix + stage)), kFloatTolerance)
          << name << stage;
    };
    if (!traces.empty()) {
      const auto collect = [&](const auto& pick) {
        std::vector<at::Tensor> parts;
        for (const auto& trace : traces) parts.push_back(pick(trace));
        return parts;
      };
      check(".vision.patch_embed", collect([](const auto& trace) { return trace.patch_embed; }));
      for (size_t block = 0; block < traces[0].blocks.size(); ++block) {
        check(".vision.block" + std::to_string(block),
              collect([&](const auto& trace) { return trace.blocks[block]; }));
      }
      check(".vision.merger_window_order", collect([](const auto& trace) { return trace.merged; }));
      check(".vision.output", features);
    }
    const AttentionSegment segment = Sequence(0, static_cast<int64_t>(prompt.token_ids.size()));
    const Decoder& decoder = model.network().decoder();
    const Rotary::Table table = decoder.rotary().MakeTable(prompt.positions);
    at::Tensor h = model.Embed(prompt.token_ids, features);
    for (size_t i = 0; i < decoder.layers().size(); ++i) {
      const AttentionStep step({&segment, 1}, h.options());
      h = decoder.layers()[i].Forward(h, table, step, static_cast<int64_t>(i));
      check(".text.layer" + std::to_string(i), {h});
    }
    check(".text.final_norm", {decoder.norm().Forward(h)});
  }
}

TEST_P(Qwen25VlGoldenTest, LogitsInFloat32) { CheckLogits(*Load({.dtype = at::kFloat}), 1e-5); }

TEST_P(Qwen25VlGoldenTest, LogitsInBfloat16PackedAndPlain) {
  CheckLogits(*Load({}), kBfloat16Tolerance);
  CheckLogits(*Load({.trainable = true}), kBfloat16Tolerance);
}

// The golden pads on the left; here the three prompts stand one after the other in a flat batch.
TEST_P(Qwen25VlGoldenTest, BatchOfThreePrompts) {
  const auto model = Load({.dtype = at::kFloat});
  std::vector<at::Tensor> embeddings, positions;
  std::vector<AttentionSegment> segments;
  std::vector<int64_t> last;
  int64_t row = 0;
  const at::Tensor mask = Expected("batch.attention_mask").to(at::kBool);
  for (size_t i = 0; i < std::size(kPrompts); ++i) {
    const EncodedPrompt prompt = Encode(*model, kPrompts[i]);
    const auto rows = static_cast<int64_t>(prompt.token_ids.size());
    const at::Tensor kept = mask[static_cast<int64_t>(i)].nonzero().flatten();
    EXPECT_TRUE(prompt.positions.equal(
        Expected("batch.position_ids").select(1, static_cast<int64_t>(i)).index_select(1, kept)));
    embeddings.push_back(EmbedPrompt(*model, prompt));
    positions.push_back(prompt.positions);
    segments.push_back(Sequence(row, rows));
    row += rows;
    last.push_back(row - 1);
  }
  const at::Tensor states =
      model->Forward(at::cat(embeddings), at::cat(positions, 1), segments, {});
  std::vector<at::Tensor> rows;
  for (const int64_t index : last) rows.push_back(states[index]);
  EXPECT_LE(RelativeError(model->Logits(at::stack(rows)), Expected("batch.last_logits")),
            kFloatTolerance);
}

TEST_P(Qwen25VlGoldenTest, GreedyWithCacheInChunksAndWithSamples) {
  const auto model = Load({.dtype = at::kFloat});
  for (const char* name : kPrompts) {
    const auto expected = cases_["prompts"][name]["greedy"].get<std::vector<int64_t>>();
    const auto tokens = static_cast<int64_t>(expected.size());
    EXPECT_EQ(Greedy(*model, name, /*chunk=*/1000, /*samples=*/1, tokens), expected) << name;
    EXPECT_EQ(Greedy(*model, name, /*chunk=*/16, /*samples=*/3, tokens), expected) << name;
  }
}

TEST_P(Qwen25VlGoldenTest, NestedConfigAndNewTensorNames) {
  const testing::TemporaryFolder nested;
  const std::filesystem::path path = nested.path();
  for (const char* file :
       {"tokenizer.json", "generation_config.json", "preprocessor_config.json"}) {
    std::filesystem::create_symlink(folder() + "/model/" + file, path / file);
  }
  std::filesystem::create_symlink(folder() + "/config_nested.json", path / "config.json");
  const Checkpoint old = Checkpoint::OpenDirectory(folder() + "/model").value();
  std::vector<TensorData> renamed;
  for (const auto& [name, tensor] : old.tensors()) {
    const std::string spelled = name.starts_with("visual.")
                                    ? "model." + name
                                    : "model.language_model." + name.substr(sizeof("model.") - 1);
    renamed.push_back({spelled, tensor.entry.dtype, tensor.entry.shape, tensor.bytes()});
  }
  ASSERT_TRUE(WriteSafetensors((path / "model.safetensors").string(), renamed).ok());
  CheckLogits(*Load({.dtype = at::kFloat}, nested.path()), kFloatTolerance);
}

TEST_P(Qwen25VlGoldenTest, AdapterLiveAndMerged) {
  for (const bool merged : {false, true}) {
    const auto model = Load(
        {.dtype = at::kFloat, .adapter_dir = folder() + "/lora/adapter", .merge_adapter = merged});
    for (const char* name : kPrompts) {
      const std::string prefix = name;
      const at::Tensor logits = AllLogits(*model, name);
      EXPECT_LE(RelativeError(logits[-1], ExpectedAdapted(prefix + ".last_logits")),
                kFloatTolerance)
          << name << merged;
      EXPECT_LE(RelativeError(NextTokenLogprobs(logits, prefix),
                              ExpectedAdapted(prefix + ".next_token_logprobs")),
                kFloatTolerance)
          << name << merged;
    }
  }
}

}  // namespace
}  // namespace gre
