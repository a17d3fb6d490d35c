// training_bench MODEL_DIR [--threads N] [--words N] [--group N] [--tokens N] [--rank N] [--dtype
// D]
//                [--device cpu|cuda] [--warm-up N] [--scores FILE]
//
// Times one GRPO update of a LoRA on a model directory: a group of completions of one text prompt,
// drawn by the engine on the weights that learn, then scores, policy loss, backward and AdamW; and
// one update of supervised fine-tuning on the same completions. Prints one JSON object. --scores
// writes prompt, completions and their log-probabilities, so that benchmarks/training_peer.py can
// check the answers before it compares times. Operations count what a model of these weights needs,
// 2 a weight and token forward and 2 backward (frozen weights need no gradient of their own), not
// what is computed again.
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include <ATen/DeviceAccelerator.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "engine/local_engine.h"
#include "engine/runtime.h"
#include "model/loader.h"
#include "model/lora/new_adapter.h"
#include "rewards/advantages.h"
#include "training/completion_batch.h"
#include "training/policy_loss.h"
#include "training/trainable.h"

namespace gre {
namespace {

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Where the model computes: of the process on a CPU, of the tensors on a device.
double PeakGigabytes(at::Device device) {
  if (!device.is_cpu()) {
    const auto stats = at::accelerator::getDeviceStats(device.index());
    return static_cast<double>(stats.allocated_bytes[0].peak) * 1e-9;
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024e-9;
}

// The time once the device has done what it was given.
double SecondsOn(at::Device device) {
  if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
  return Seconds();
}

// Weights that every token is multiplied with: of the decoder and the head.
double WeightsOfAToken(VisionLanguageModel& model) {
  double weights = 0;
  model.VisitParameters([&](const ParameterSlice& slice) {
    if (slice.name.starts_with("visual.") || slice.name.find("norm") != std::string::npos) return;
    weights += static_cast<double>(slice.Get().numel());
  });
  return weights;
}

using Flags = std::map<std::string, std::string>;

// One update of each kind, with what it took in `report`.
Status Round(const std::shared_ptr<VisionLanguageModel>& model, AdamW& optimiser,
             const Flags& flags, double learning_rate, Json& report) {
  const at::Device device = model->spec().device;
  const auto number = [&](const char* flag) { return ParseInt(flags.at(flag)).value_or(0); };
  std::string text;
  for (int64_t i = 0; i < number("--words"); ++i) text += i % 2 == 0 ? " where" : " photo";
  const double begin = SecondsOn(device);
  LocalEngine engine(model, {});
  GenerationRequest request;
  request.id = "prompt";
  request.messages = {{Role::kUser, {ContentPart::Text(text)}}};
  request.num_samples = static_cast<int>(number("--group"));
  request.sampling.max_new_tokens = static_cast<int>(number("--tokens"));
  request.sampling.temperature = 1;
  auto results = engine.Generate({&request, 1}, {}, CancellationToken());
  GRE_ASSIGN_OR_RETURN(const GenerationResult result, std::move(results[0]));
  const double drawn = SecondsOn(device);

  const ChatTurn turn{"user", {text}};
  GRE_ASSIGN_OR_RETURN(const EncodedPrompt prompt, model->EncodePrompt({&turn, 1}, {}, true));
  PromptWithCompletions item = {&prompt, {}};
  std::vector<double> rewards;
  for (const Completion& completion : result.completions) {
    item.completions.push_back(completion.token_ids);
    rewards.push_back(static_cast<double>(rewards.size() % 3));
  }
  const Advantages advantages =
      GroupAdvantages(rewards, request.num_samples, AdvantageScale::kGroup);
  const CompletionBatch batch = MakeCompletionBatch({&item, 1});
  const int64_t tokens = batch.targets.size(0);
  PolicyBatch policy;
  {
    CompletionPass pass(*model, batch, {});
    policy.log_probabilities = pass.Scores().log_probabilities;
    policy.advantages = at::tensor(advantages.values, at::kFloat).to(device);
    policy.lengths = batch.lengths;
    const PolicyLoss loss = ComputePolicyLoss(
        policy, {static_cast<int64_t>(rewards.size()), tokens}, {.type = PolicyLossType::kDapo});
    pass.Backward(loss.gradient);
    optimiser.Step(learning_rate);
  }
  const double updated = SecondsOn(device);
  report["rollout_s"] = drawn - begin;
  report["update_s"] = updated - drawn;
  report["grpo_s"] = updated - begin;
  report["prompt_tokens"] = prompt.token_ids.size();
  report["completion_tokens"] = tokens;
  report["grpo_peak_gb"] = PeakGigabytes(device);
  if (!flags.at("--scores").empty()) {
    Json completions = Json::array();
    for (const auto& ids : item.completions) completions.push_back(ids);
    const at::Tensor scores = policy.log_probabilities.cpu();
    const Json file = {{"prompt", prompt.token_ids},
                       {"completions", std::move(completions)},
                       {"logprobs", std::vector<float>(scores.data_ptr<float>(),
                                                       scores.data_ptr<float>() + tokens)}};
    GRE_RETURN_IF_ERROR(WriteFileAtomically(flags.at("--scores"), DumpJson(file)));
  }

  // the same replies as records of their own, activations kept as PyTorch does by default
  const double sft_begin = SecondsOn(device);
  size_t sft_rows = 0;
  for (const auto& completion : item.completions) {
    const PromptWithCompletions one = {&prompt, {completion}};
    const CompletionBatch single = MakeCompletionBatch({&one, 1});
    sft_rows += single.token_ids.size();
    CompletionPass pass(*model, single, {.recompute = false});
    pass.Backward(at::full({single.targets.size(0)}, -1.0 / static_cast<double>(tokens),
                           at::TensorOptions().device(device)));
  }
  optimiser.Step(learning_rate);
  const double sft_s = SecondsOn(device) - sft_begin;
  report["sft_s"] = sft_s;
  const double operations = 4 * WeightsOfAToken(*model);  // of a token, forward and backward
  const auto sft_tokens = static_cast<double>(sft_rows);
  report["rollout_tokens_per_s"] = static_cast<double>(tokens) / (drawn - begin);
  report["update_tokens_per_s"] = static_cast<double>(batch.token_ids.size()) / (updated - drawn);
  report["update_tflops"] =
      operations * static_cast<double>(batch.token_ids.size()) / (updated - drawn) * 1e-12;
  report["sft_tokens_per_s"] = sft_tokens / sft_s;
  report["sft_tflops"] = operations * sft_tokens / sft_s * 1e-12;
  report["peak_gb"] = PeakGigabytes(device);
  return {};
}

Status Main(int argc, char** argv) {
  Flags flags = {{"--threads", "0"},  {"--words", "480"},  {"--group", "8"},
                 {"--tokens", "256"}, {"--rank", "16"},    {"--dtype", "float32"},
                 {"--scores", ""},    {"--device", "cpu"}, {"--warm-up", "0"}};
  for (int i = 2; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) {
      return Error{ErrorCode::kInvalidArgument, std::string("unknown flag ") + argv[i]};
    }
    flags[argv[i]] = argv[i + 1];
  }
  const auto number = [&](const char* flag) { return ParseInt(flags[flag]).value_or(0); };
  GRE_RETURN_IF_ERROR(SetComputeThreads(static_cast<int>(number("--threads"))));
  ModelLoadOptions load;
  load.dtype = flags["--dtype"] == "bfloat16" ? at::kBFloat16 : at::kFloat;
  load.trainable = true;
  GRE_ASSIGN_OR_RETURN(
      const at::Device device,
      ResolveDevice(flags["--device"] == "cuda" ? DeviceChoice::kCuda : DeviceChoice::kCpu));
  load.device = device;
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<VisionLanguageModel> model, LoadModel(argv[1], load));
  LoraSettings lora;
  lora.rank = number("--rank");
  lora.alpha = 2 * static_cast<double>(lora.rank);
  const LinearWalk walk = [&](const LinearVisitor& visitor) { model->VisitLinears(visitor); };
  GRE_RETURN_IF_ERROR(AddLora(walk, lora, 1, device));
  model->VisitParameters(
      [](const ParameterSlice& slice) { slice.parameter->set_requires_grad(false); });
  AdamW optimiser({.beta2 = 0.999, .weight_decay = 0, .ema_decay = 0}, AdapterParameters(*model));
  KeepFreedMemory();
  Json report = {{"loaded_gb", PeakGigabytes(device)}};

  for (int64_t i = 0; i < number("--warm-up"); ++i) {
    GRE_RETURN_IF_ERROR(Round(model, optimiser, flags, 0, report));
  }
  GRE_RETURN_IF_ERROR(Round(model, optimiser, flags, 1e-5, report));
  std::printf("%s\n", DumpJson(report).c_str());
  return {};
}

}  // namespace
}  // namespace gre

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: training_bench MODEL_DIR [flags]\n");
    return 2;
  }
  const gre::Status status = gre::Main(argc, argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "training_bench: %s\n", status.error().message.c_str());
  return 1;
}
