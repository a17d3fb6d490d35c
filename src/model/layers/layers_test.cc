// The shared blocks against each other and against definitions; no model files involved.
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "core/cancellation.h"
#include "model/layers/decoder.h"

namespace gre {
namespace {

class RandomSource : public WeightSource {
 public:
  explicit RandomSource(bool pack = false, at::ScalarType dtype = at::kFloat)
      : packs_(pack), dtype_(dtype) {}
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override {
    at::Tensor& tensor = tensors_[name];
    if (!tensor.defined()) tensor = at::randn(shape).mul_(0.3).to(dtype_);
    EXPECT_EQ(tensor.sizes(), shape);
    return tensor.clone();
  }
  [[nodiscard]] bool packs() const override { return packs_; }

 private:
  bool packs_;
  at::ScalarType dtype_;
  std::map<std::string, at::Tensor> tensors_;
};

constexpr int64_t kHidden = 16;
DecoderConfig MakeConfig(int64_t head_dim) {
  return {.hidden_size = kHidden,
          .intermediate_size = 24,
          .num_layers = 2,
          .num_heads = 4,
          .num_kv_heads = 2,
          .head_dim = head_dim,
          .rope_sections = {head_dim / 2}};
}

AttentionSegment Sequence(int64_t begin, int64_t rows, KvCache* cache = nullptr) {
  return {AttentionSegment::Kind::kSequence, begin, rows, cache, {}};
}
AttentionSegment Decode(int64_t begin, KvCache* cache, std::vector<int64_t> samples) {
  const auto rows = static_cast<int64_t>(samples.size());
  return {AttentionSegment::Kind::kDecode, begin, rows, cache, std::move(samples)};
}
at::Tensor Positions(int64_t begin, int64_t count) {
  return at::arange(begin, begin + count, at::kLong).unsqueeze(0);
}

struct DecoderCase {
  int64_t head_dim;
  at::ScalarType dtype;
};

// Head sizes that are no multiple of the kernels' vectors and that are one; float64 takes
// LibTorch's operators, as other devices do.
class DecoderTest : public testing::TestWithParam<DecoderCase> {
 protected:
  static at::Tensor Noise(at::IntArrayRef shape) { return at::randn(shape).to(GetParam().dtype); }
  [[nodiscard]] KvCache MakeCache(int64_t prompt, int64_t samples, int64_t completion) const {
    return {
        {config_.num_layers, config_.num_kv_heads, config_.head_dim, prompt, samples, completion},
        GetParam().dtype,
        at::kCPU};
  }
  // States of a whole sequence, without a cache.
  [[nodiscard]] at::Tensor Whole(const at::Tensor& rows) const {
    const AttentionSegment segment = Sequence(0, rows.size(0));
    return decoder_.Forward(rows, Positions(0, rows.size(0)), {&segment, 1});
  }

  DecoderConfig config_ = MakeConfig(GetParam().head_dim);
  RandomSource source_{/*pack=*/false, GetParam().dtype};
  Decoder decoder_{source_, config_, "model", at::kCPU};
};
INSTANTIATE_TEST_SUITE_P(Cases, DecoderTest,
                         testing::Values(DecoderCase{8, at::kFloat}, DecoderCase{16, at::kFloat},
                                         DecoderCase{8, at::kDouble}));

// Two prompts of different length in one batch, prefilled in chunks; three samples of the first
// grow at different speeds and one ends early; every new row must equal the last row of the same
// sequence computed as a whole.
TEST_P(DecoderTest, CachedDecodingEqualsWholeSequences) {
  const at::NoGradGuard no_grad;
  const at::Tensor prompt_a = Noise({7, kHidden});
  const at::Tensor prompt_b = Noise({4, kHidden});
  KvCache a = MakeCache(7, 3, 5);
  KvCache b = MakeCache(4, 1, 5);
  const std::vector<AttentionSegment> first = {Sequence(0, 3, &a), Sequence(3, 4, &b)};
  decoder_.Forward(at::cat({prompt_a.narrow(0, 0, 3), prompt_b}),
                   at::cat({Positions(0, 3), Positions(0, 4)}, 1), first);
  const AttentionSegment rest = Sequence(0, 4, &a);
  const at::Tensor tail = decoder_.Forward(prompt_a.narrow(0, 3, 4), Positions(3, 4), {&rest, 1});
  EXPECT_TRUE(at::allclose(tail, Whole(prompt_a).narrow(0, 3, 4), 1e-4, 1e-5));

  std::vector<at::Tensor> sequences = {prompt_a, prompt_a, prompt_a, prompt_b};  // last is b's
  const std::vector<std::vector<int64_t>> steps = {{0, 1, 2}, {0, 2}, {2, 0}, {1}};
  for (const auto& live : steps) {
    const auto rows = static_cast<int64_t>(live.size()) + 1;
    const at::Tensor fresh = Noise({rows, kHidden});
    std::vector<at::Tensor> positions, expected;
    for (int64_t i = 0; i < rows; ++i) {
      at::Tensor& sequence = i + 1 < rows
                                 ? sequences[static_cast<size_t>(live[static_cast<size_t>(i)])]
                                 : sequences.back();
      positions.push_back(Positions(sequence.size(0), 1));
      sequence = at::cat({sequence, fresh.narrow(0, i, 1)});
      expected.push_back(Whole(sequence)[-1]);
    }
    const std::vector<AttentionSegment> segments = {Decode(0, &a, live), Decode(rows - 1, &b, {0})};
    const at::Tensor states = decoder_.Forward(fresh, at::cat(positions, 1), segments);
    EXPECT_TRUE(at::allclose(states, at::stack(expected), 1e-4, 1e-5));
  }
  EXPECT_EQ(a.completion_length(2), 3);
  EXPECT_EQ(a.completion_length(1), 2);
}

// A prompt of several ranges of keys and completions of more than one block.
TEST_P(DecoderTest, LongPromptsAndCompletions) {
  const at::NoGradGuard no_grad;
  constexpr int64_t kPrompt = 300;
  constexpr int64_t kSteps = KvCache::kCompletionBlock + 3;
  KvCache cache = MakeCache(kPrompt, 2, kSteps);
  EXPECT_EQ(cache.completion_keys(0).size(2), 0);
  const at::Tensor rows = Noise({kPrompt + kSteps, kHidden});
  const AttentionSegment prompt = Sequence(0, kPrompt, &cache);
  decoder_.Forward(rows.narrow(0, 0, kPrompt), Positions(0, kPrompt), {&prompt, 1});
  at::Tensor states;
  for (int64_t step = 0; step < kSteps; ++step) {
    const AttentionSegment next = Decode(0, &cache, {0, 1});
    states = decoder_.Forward(rows.narrow(0, kPrompt + step, 1).expand({2, kHidden}),
                              Positions(kPrompt + step, 1).expand({1, 2}), {&next, 1});
    EXPECT_LE(cache.completion_keys(0).size(2), step + KvCache::kCompletionBlock);
  }
  const at::Tensor expected = Whole(rows)[-1];
  EXPECT_TRUE(at::allclose(states[0], expected, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(states[1], expected, 1e-4, 1e-5));
}

TEST_P(DecoderTest, OnlyWantedRowsAndNothingWhenCancelled) {
  const at::NoGradGuard no_grad;
  const at::Tensor rows = Noise({6, kHidden});
  KvCache cache = MakeCache(6, 1, 1);
  const AttentionSegment segment = Sequence(0, 6, &cache);
  CancellationToken cancellation;
  cancellation.Cancel();
  const at::Tensor cancelled =
      decoder_.Forward(rows, Positions(0, 6), {&segment, 1}, {.cancellation = &cancellation});
  EXPECT_FALSE(cancelled.defined());
  EXPECT_EQ(cache.prompt_length(), 0);
  // The first piece wants no rows at all, the second two of its four.
  const AttentionSegment first = Sequence(0, 2, &cache);
  const at::Tensor none = decoder_.Forward(rows.narrow(0, 0, 2), Positions(0, 2), {&first, 1},
                                           {.rows = std::vector<int64_t>()});
  EXPECT_EQ(none.sizes(), at::IntArrayRef({0, kHidden}));
  const AttentionSegment second = Sequence(0, 4, &cache);
  const at::Tensor two = decoder_.Forward(rows.narrow(0, 2, 4), Positions(2, 4), {&second, 1},
                                          {.rows = std::vector<int64_t>{1, 3}});
  const at::Tensor whole = Whole(rows);
  EXPECT_TRUE(at::allclose(two, at::stack({whole[3], whole[5]}), 1e-4, 1e-5));
}

TEST_P(DecoderTest, SequencesOfABatchDoNotSeeEachOther) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> sequences, positions, expected;
  std::vector<AttentionSegment> segments;
  int64_t row = 0;
  for (const int64_t length : {3, 3, 5, 1}) {
    sequences.push_back(Noise({length, kHidden}));
    positions.push_back(Positions(0, length));
    segments.push_back(Sequence(row, length));
    expected.push_back(Whole(sequences.back()));
    row += length;
  }
  const at::Tensor states = decoder_.Forward(at::cat(sequences), at::cat(positions, 1), segments);
  EXPECT_TRUE(at::allclose(states, at::cat(expected), 1e-4, 1e-5));
}

// Directional derivative of a scalar of the output against central differences, for every kind of
// parameter including live adapters.
TEST_P(DecoderTest, GradientsAgreeWithDifferences) {
  const at::Tensor rows = Noise({5, kHidden});
  const at::Tensor weights = Noise({5, kHidden});
  std::vector<at::Tensor> parameters;
  decoder_.VisitLinears([&](Linear& linear) {
    const LoraAdapter adapter = {Noise({2, linear.in()}).mul_(0.2),
                                 Noise({linear.projections()[0].out, 2}).mul_(0.2), 1.5};
    linear.SetAdapter(0, adapter);
    parameters.push_back(adapter.a);
    parameters.push_back(adapter.b);
  });
  decoder_.VisitParameters([&](const ParameterSlice& slice) {
    if (slice.begin == 0) parameters.push_back(*slice.parameter);
  });
  for (at::Tensor& parameter : parameters) parameter.requires_grad_();
  (Whole(rows) * weights).sum().backward();

  const at::NoGradGuard no_grad;
  for (const at::Tensor& parameter : parameters) {
    ASSERT_TRUE(parameter.grad().defined());
    const at::Tensor direction = Noise(parameter.sizes());
    const double analytic = (parameter.grad() * direction).sum().item<double>();
    constexpr double kStep = 2e-3;
    at::Tensor writable = parameter.detach();
    const auto value_at = [&](double step) {
      writable.add_(direction, step);
      const double value = (Whole(rows) * weights).sum().item<double>();
      writable.add_(direction, -step);
      return value;
    };
    const double numeric = (value_at(kStep) - value_at(-kStep)) / (2 * kStep);
    EXPECT_NEAR(analytic, numeric, 0.02 * std::abs(numeric) + 0.02);
  }
}

// The kernels (head size 32: two halves of 16) against the operators, which every gradient needs.
TEST(DecoderKernelsTest, SameStatesAsOperators) {
  RandomSource source;
  DecoderConfig config = MakeConfig(/*head_dim=*/32);
  config.hidden_size = 64;
  config.intermediate_size = 48;
  const Decoder decoder(source, config, "model", at::kCPU);
  const AttentionSegment segment = Sequence(0, 9);
  at::Tensor rows = at::randn({9, 64});
  const auto states = [&] { return decoder.Forward(rows, Positions(0, 9), {&segment, 1}); };
  const at::Tensor fast = states();
  rows.requires_grad_();
  EXPECT_TRUE(at::allclose(fast, states().detach(), 1e-4, 1e-5));
}

TEST(LinearTest, PackedEqualsPlainAndKeepsAdapters) {
  if (!CanPack(at::kBFloat16, at::kCPU)) GTEST_SKIP() << "this CPU has no bfloat16 kernels";
  const at::NoGradGuard no_grad;
  RandomSource source(/*pack=*/false, at::kBFloat16);
  const std::vector<Linear::Projection> projections = {{"q", 24}, {"k", 8}};
  Linear plain(source, projections, 32, /*bias=*/true);
  Linear packed(source, projections, 32, /*bias=*/true);
  packed.Pack();
  EXPECT_FALSE(packed.weight().defined());
  const LoraAdapter adapter = {at::randn({4, 32}), at::randn({8, 4}), 0.5};
  for (const int64_t rows : {1, 8, 40}) {
    const at::Tensor x = at::randn({rows, 32}).to(at::kBFloat16);
    for (const bool adapted : {false, true}) {
      plain.SetAdapter(1, adapted ? std::optional(adapter) : std::nullopt);
      packed.SetAdapter(1, adapted ? std::optional(adapter) : std::nullopt);
      const at::Tensor expected = plain.Forward(x).to(at::kFloat);
      EXPECT_TRUE(at::allclose(packed.Forward(x).to(at::kFloat), expected, 2e-2, 5e-2));
    }
  }
}

TEST(RotaryTest, ProductsDependOnDistanceOnlyAndAxesOnSections) {
  const Rotary rotary(8, 1e4, {1, 1, 2}, at::kCPU);
  const at::Tensor q = at::randn({1, 1, 8});
  const at::Tensor k = at::randn({1, 1, 8});
  const auto turned = [&](const at::Tensor& x, std::vector<int64_t> position) {
    return Rotary::Apply(x, rotary.MakeTable(at::tensor(position, at::kLong).unsqueeze(1)));
  };
  const at::Tensor near = (turned(q, {5, 9, 2}) * turned(k, {3, 9, 1})).sum();
  const at::Tensor far = (turned(q, {105, 29, 8}) * turned(k, {103, 29, 7})).sum();
  EXPECT_NEAR(near.item<double>(), far.item<double>(), 1e-4);
  // Moving along height changes pair 1 (dims 1 and 5) alone.
  const at::Tensor change = (turned(q, {5, 9, 2}) - turned(q, {5, 10, 2})).abs().flatten();
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(change[i].item<double>() > 1e-6, i == 1 || i == 5) << i;
  }
}

}  // namespace
}  // namespace gre
