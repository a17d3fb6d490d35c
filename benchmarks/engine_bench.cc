// engine_bench MODEL_DIR [--threads N] [--prompt N] [--tokens N] [--samples N] [--rounds N]
//              [--logits FILE] [--photo FILE]
//
// Times the local engine on a model directory and prints one JSON object: prefill of a prompt of
// fixed token ids (--prompt 0 leaves this part out), greedy decoding of one sample and of several
// samples behind it, and with --photo whole requests through LocalEngine. --logits writes the
// prompt's last logits (float32), so that benchmarks/engine_peer.py can check the answers before it
// compares times.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "engine/local_engine.h"
#include "engine/runtime.h"
#include "engine/step_batch.h"
#include "image/decode.h"
#include "model/loader.h"

namespace gre {
namespace {

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int64_t PeakResidentBytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

// The same ids as engine_peer.py.
std::vector<int32_t> PromptIds(int64_t count) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(static_cast<int32_t>((i * 7919 + 13) % 150000));
  return ids;
}

// One prompt of fixed ids and the samples behind it, driven as LocalEngine does.
class Run {
 public:
  Run(const VisionLanguageModel& model, int64_t prompt, int64_t samples, int64_t tokens)
      : model_(model),
        ids_(PromptIds(prompt)),
        cache_({model.spec().num_layers, model.spec().num_kv_heads, model.spec().head_dim, prompt,
                samples, tokens},
               model.spec().dtype, model.spec().device) {
    for (int64_t i = 0; i < samples; ++i) samples_.push_back(i);
    const ChatTurn turn{"user", {std::string("x")}};
    axes_ = model.EncodePrompt({&turn, 1}, {}, true).value().positions.size(0);
  }

  // Seconds; `logits` receives those of the last token.
  double Prefill(at::Tensor* logits) {
    const double begin = Seconds();
    StepBatch batch(axes_);
    const auto length = static_cast<int64_t>(ids_.size());
    batch.AddPrompt(&cache_, model_.Embed(ids_, {}),
                    at::arange(length, at::kLong).expand({axes_, length}), true);
    *logits = batch.Evaluate(model_, {})->logits;
    next_.assign(samples_.size(), static_cast<int32_t>(logits->argmax().item<int64_t>()));
    return Seconds() - begin;
  }

  // Seconds for `steps` tokens of every sample.
  double Decode(int64_t steps) {
    const double begin = Seconds();
    for (int64_t step = 0; step < steps; ++step) {
      StepBatch batch(axes_);
      batch.AddSamples(&cache_, samples_, next_, static_cast<int64_t>(ids_.size()) + step);
      const at::Tensor best = batch.Evaluate(model_, {})->logits.argmax(1);
      for (size_t i = 0; i < next_.size(); ++i) {
        next_[i] = static_cast<int32_t>(best[static_cast<int64_t>(i)].item<int64_t>());
      }
    }
    return Seconds() - begin;
  }

 private:
  const VisionLanguageModel& model_;
  std::vector<int32_t> ids_;
  KvCache cache_;
  std::vector<int64_t> samples_;
  std::vector<int32_t> next_;
  int64_t axes_ = 1;
};

GenerationRequest PhotoRequest(std::shared_ptr<const RgbImage> photo, int samples, int tokens) {
  GenerationRequest request;
  request.id = "photo";
  request.images = {std::move(photo)};
  request.messages = {
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text("Where was this photo taken?")}}};
  request.num_samples = samples;
  request.sampling.max_new_tokens = tokens;
  request.sampling.temperature = 1;
  return request;
}

Status Main(int argc, char** argv) {
  const at::NoGradGuard no_grad;
  std::map<std::string, std::string> flags = {
      {"--threads", "0"}, {"--prompt", "512"}, {"--tokens", "32"}, {"--samples", "8"},
      {"--rounds", "3"},  {"--logits", ""},    {"--photo", ""}};
  for (int i = 2; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) {
      return Error{ErrorCode::kInvalidArgument, std::string("unknown flag ") + argv[i]};
    }
    flags[argv[i]] = argv[i + 1];
  }
  const auto number = [&](const char* flag) { return ParseInt(flags[flag]).value_or(0); };
  GRE_RETURN_IF_ERROR(SetComputeThreads(static_cast<int>(number("--threads"))));
  const int64_t tokens = number("--tokens");
  const auto samples = static_cast<int>(number("--samples"));
  const int64_t rounds = std::max<int64_t>(1, number("--rounds"));

  const double begin = Seconds();
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<const VisionLanguageModel> model, LoadModel(argv[1]));
  KeepFreedMemory();
  Json report = {{"load_s", Seconds() - begin}, {"peak_bytes_loaded", PeakResidentBytes()}};

  const int64_t prompt = number("--prompt");
  double prefill_s = 1e9;
  double decode_s = 1e9;
  double samples_s = 1e9;
  at::Tensor logits;
  for (int64_t round = 0; prompt > 0 && round < rounds; ++round) {
    Run one(*model, prompt, 1, tokens);
    prefill_s = std::min(prefill_s, one.Prefill(&logits));
    decode_s = std::min(decode_s, one.Decode(tokens));
    Run several(*model, prompt, samples, tokens);
    several.Prefill(&logits);
    samples_s = std::min(samples_s, several.Decode(tokens));
  }
  if (prompt > 0) {
    if (!flags["--logits"].empty()) {
      const auto* bytes = static_cast<const char*>(logits.const_data_ptr());
      GRE_RETURN_IF_ERROR(WriteFileAtomically(flags["--logits"], {bytes, logits.nbytes()}));
    }
    report["prefill_tokens_per_s"] = static_cast<double>(prompt) / prefill_s;
    report["decode_ms_per_token"] = 1e3 * decode_s / static_cast<double>(tokens);
    report["decode_tokens_per_s"] = static_cast<double>(tokens) / decode_s;
    report["samples"] = samples;
    report["samples_decode_ratio"] = samples_s / decode_s;
    report["peak_bytes_text"] = PeakResidentBytes();
  }

  if (!flags["--photo"].empty()) {
    GRE_ASSIGN_OR_RETURN(RgbImage pixels, DecodeImageFile(flags["--photo"]));
    const auto photo = std::make_shared<const RgbImage>(std::move(pixels));
    LocalEngine engine(model, {});
    for (const int count : {1, samples}) {
      Json best;
      for (int64_t round = 0; round < rounds; ++round) {
        const std::vector<GenerationRequest> requests = {
            PhotoRequest(photo, count, static_cast<int>(tokens))};
        auto results = engine.Generate(requests, {}, CancellationToken());
        GRE_ASSIGN_OR_RETURN(const GenerationResult result, std::move(results[0]));
        if (!best.is_null() && best["total_ms"] <= result.timing.total_ms) continue;
        best = {{"samples", count},
                {"prompt_tokens", result.prompt_tokens},
                {"completion_tokens", result.completion_tokens},
                {"image_ms", result.timing.image_ms},
                {"prefill_ms", result.timing.prefill_ms},
                {"decode_ms", result.timing.decode_ms},
                {"total_ms", result.timing.total_ms}};
      }
      report["photo"].push_back(best);
    }
    report["peak_bytes_photo"] = PeakResidentBytes();
  }
  std::printf("%s\n", DumpJson(report, 1).c_str());
  return {};
}

}  // namespace
}  // namespace gre

int main(int argc, char** argv) {
  if (argc < 2 || argc % 2 != 0) {
    std::fprintf(stderr, "usage: engine_bench MODEL_DIR [--FLAG VALUE]...\n");
    return 2;
  }
  const gre::Status status = gre::Main(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "engine_bench: %s\n", status.error().message.c_str());
  return status.ok() ? 0 : 1;
}
