// The text decoder of Qwen2.5-VL at 3B dimensions on random bfloat16 weights: prefill and decode
// steps beside the linear layers alone, which are what the memory roof allows.
// GRE_BENCH_LAYERS (36) cuts the stack for machines with less than 8 GB.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include "model/layers/decoder.h"

namespace gre {
namespace {

int64_t NumLayers() {
  const char* text = std::getenv("GRE_BENCH_LAYERS");
  return text == nullptr ? 36 : std::atoll(text);
}

// The same megabyte of noise everywhere: values do not matter, their place in memory does.
class NoiseSource : public WeightSource {
 public:
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override {
    at::Tensor tensor = at::empty(shape, at::kBFloat16);
    auto* bytes = static_cast<char*>(tensor.data_ptr());
    for (size_t at = 0; at < tensor.nbytes(); at += noise_.nbytes()) {
      std::memcpy(bytes + at, noise_.const_data_ptr(),
                  std::min(noise_.nbytes(), tensor.nbytes() - at));
    }
    return tensor;
  }
  [[nodiscard]] bool packs() const override { return true; }

 private:
  at::Tensor noise_ = at::randn({1 << 20}).mul_(0.02).to(at::kBFloat16);
};

const DecoderConfig& Config() {
  static const DecoderConfig kConfig = {.hidden_size = 2048,
                                        .intermediate_size = 11008,
                                        .num_layers = NumLayers(),
                                        .num_heads = 16,
                                        .num_kv_heads = 2,
                                        .head_dim = 128,
                                        .rope_sections = {16, 24, 24}};
  return kConfig;
}

Decoder& SharedDecoder() {
  static NoiseSource source;
  static Decoder decoder(source, Config(), "model", at::kCPU);
  return decoder;
}

at::Tensor Noise(int64_t rows) { return at::randn({rows, Config().hidden_size}).to(at::kBFloat16); }

KvCache MakeCache(int64_t prompt, int64_t samples, int64_t completion) {
  return {
      {Config().num_layers, Config().num_kv_heads, Config().head_dim, prompt, samples, completion},
      at::kBFloat16,
      at::kCPU};
}

void Prefill(KvCache& cache, int64_t tokens) {
  const AttentionSegment segment{AttentionSegment::Kind::kSequence, 0, tokens, &cache, {}};
  SharedDecoder().Forward(Noise(tokens), at::arange(tokens).expand({3, tokens}), {&segment, 1});
}

void BM_Prefill(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  for (auto _ : state) {
    KvCache cache = MakeCache(state.range(0), 1, 1);
    Prefill(cache, state.range(0));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Prefill)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();

// Arguments: prompt tokens, samples.
void BM_DecodeStep(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  constexpr int64_t kMaxSteps = 4096;
  const int64_t samples = state.range(1);
  KvCache cache = MakeCache(state.range(0), samples, kMaxSteps);
  Prefill(cache, state.range(0));
  AttentionSegment segment{AttentionSegment::Kind::kDecode, 0, samples, &cache, {}};
  for (int64_t i = 0; i < samples; ++i) segment.samples.push_back(i);
  const at::Tensor rows = Noise(samples);
  const at::Tensor positions = at::full({3, samples}, 600, at::kLong);
  for (auto _ : state) {
    if (cache.completion_length(0) == kMaxSteps) state.SkipWithError("cache is full");
    SharedDecoder().Forward(rows, positions, {&segment, 1});
  }
  state.SetItemsProcessed(state.iterations() * samples);
}
BENCHMARK(BM_DecodeStep)
    ->Args({512, 1})
    ->Args({512, 8})
    ->Args({4096, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// The step's matrix products alone: what the rest of a decode step adds is overhead.
void BM_LinearsOnly(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  std::vector<Linear*> linears;
  SharedDecoder().VisitLinears([&](Linear& linear) { linears.push_back(&linear); });
  for (auto _ : state) {
    for (const Linear* linear : linears) {
      state.PauseTiming();
      const at::Tensor x = at::randn({state.range(0), linear->in()}).to(at::kBFloat16);
      state.ResumeTiming();
      benchmark::DoNotOptimize(linear->Forward(x));
    }
  }
}
BENCHMARK(BM_LinearsOnly)->Arg(1)->Arg(8)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace gre

BENCHMARK_MAIN();
