#include "training/tuning/sft_tuner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "engine/runtime.h"
#include "model/loader.h"
#include "model/precision.h"
#include "reasoning/prompt_template.h"
#include "training/completion_batch.h"
#include "training/settings_reader.h"
#include "training/training_state.h"
#include "training/tuning/reply_examples.h"
#include "training/tuning/tuning_config.h"
#include "training/tuning/tuning_evaluation.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

LinearWalk WalkOf(VisionLanguageModel& model) {
  return [&model](const LinearVisitor& visitor) { model.VisitLinears(visitor); };
}

Result<std::unique_ptr<VisionLanguageModel>> LoadBase(const TuningConfig& config) {
  ModelLoadOptions load;
  GRE_ASSIGN_OR_RETURN(
      load.device,
      ResolveDevice(config.model.device == "cuda" ? DeviceChoice::kCuda : DeviceChoice::kCpu));
  if (config.model.dtype == "float32") load.dtype = at::kFloat;
  if (config.model.dtype == "bfloat16") load.dtype = at::kBFloat16;
  load.adapter_dir = config.model.adapter;
  load.max_pixels = config.model.max_pixels;
  load.trainable = true;
  GRE_ASSIGN_OR_RETURN(auto model, LoadModel(config.model.base, load));
  if (model->decoder() == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({config.model.base, ": model.base: '", model->spec().architecture,
                         "' cannot be trained here"})};
  }
  return model;
}

// What learns, and of a LoRA only the adapter.
Result<std::vector<TrainedParameter>> ChooseParameters(const TuningConfig& config,
                                                       VisionLanguageModel& model) {
  if (config.full()) return WeightParameters(model, config.parts);
  if (config.model.adapter.empty()) {
    GRE_RETURN_IF_ERROR(AddLora(WalkOf(model), config.lora, HashSeed(config.schedule.seed, "lora"),
                                model.spec().device));
  }
  model.VisitParameters(
      [](const ParameterSlice& slice) { slice.parameter->set_requires_grad(false); });
  std::vector<TrainedParameter> parameters = AdapterParameters(model);
  if (parameters.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({config.model.base,
                         ": no layer of it takes an adapter; train it with "
                         "tune.method = \"full\""})};
  }
  return parameters;
}

Result<std::vector<ReplyExample>> LoadExamples(const TuningConfig& config,
                                               const std::string& source,
                                               const VisionLanguageModel& model,
                                               const CancellationToken& cancellation) {
  std::string instruction;
  if (!config.data.prompt.empty()) {
    GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(config.data.prompt));
    GRE_ASSIGN_OR_RETURN(const RenderedPrompt rendered, prompt.Render({}));
    instruction = rendered.user;
  }
  LeftOutRecords left_out;
  GRE_ASSIGN_OR_RETURN(
      std::vector<ReplyExample> examples,
      ReadReplyExamples(source, config.data.root, instruction, left_out, cancellation));
  GRE_ASSIGN_OR_RETURN(
      const ExampleLengths lengths,
      CheckExamples(model, config.data.cutoff_tokens, examples, left_out, cancellation));
  for (const auto& [reason, count] : left_out.counts) {
    LogWarning(Concat({source, ": ", std::to_string(count), " records left out: ", reason}));
  }
  for (const std::string& example : left_out.examples) LogWarning("  " + example);
  if (examples.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 source + ": no record is left that has a photo, an instruction and a reply"};
  }
  LogInfo(Concat({source, ": ", std::to_string(examples.size()), " records, ",
                  std::to_string(lengths.prompt_tokens), " tokens of prompts, ",
                  std::to_string(lengths.reply_tokens), " of replies, the longest record ",
                  std::to_string(lengths.longest)}));
  return examples;
}

std::string HashOf(const std::vector<ReplyExample>& examples) {
  std::string text;
  for (const ReplyExample& example : examples) {
    text += Sha256Hex(Concat({example.photo, "\n", example.instruction, "\n", example.reply}));
  }
  return Sha256Hex(text);
}

class SftTuner {
 public:
  SftTuner(TuningConfig config, std::shared_ptr<VisionLanguageModel> model,
           std::vector<TrainedParameter> parameters, std::vector<ReplyExample> train,
           std::vector<ReplyExample> dev, const CancellationToken& cancellation)
      : config_(std::move(config)),
        model_(std::move(model)),
        train_(std::move(train)),
        dev_(std::move(dev)),
        cancellation_(cancellation),
        optimiser_(config_.optim.adamw, std::move(parameters)) {
    position_.settings_hash = Sha256Hex(config_.Fingerprint() + HashOf(train_));
    position_.best_score = std::numeric_limits<double>::lowest();
    const auto batch = static_cast<int64_t>(config_.optim.batch_size);
    steps_per_epoch_ = (static_cast<int64_t>(train_.size()) + batch - 1) / batch;
    total_steps_ = steps_per_epoch_ * config_.schedule.epochs;
    warmup_steps_ = static_cast<int64_t>(
        std::ceil(config_.optim.warmup_ratio * static_cast<double>(total_steps_)));
  }

  Status Resume() {
    GRE_ASSIGN_OR_RETURN(auto position, LoadTrainingState(config_.checkpoint.directory,
                                                          position_.settings_hash, optimiser_));
    if (!position) return {};
    position_ = std::move(*position);
    LogInfo(Concat({"resuming at update ", std::to_string(optimiser_.steps()), " of ",
                    std::to_string(total_steps_)}));
    return {};
  }

  Status Run() {
    const int64_t first = optimiser_.steps();
    while (position_.epoch < config_.schedule.epochs) {
      const std::vector<size_t> order = OrderOf(position_.epoch);
      while (position_.step_in_epoch < steps_per_epoch_) {
        GRE_RETURN_IF_ERROR(Update(order));
        const int64_t steps = optimiser_.steps();
        const bool ends_epoch = position_.step_in_epoch == steps_per_epoch_;
        if (ends_epoch || IsDue(config_.evaluation.every_steps)) GRE_RETURN_IF_ERROR(Evaluate());
        if (ends_epoch) {
          ++position_.epoch;
          position_.step_in_epoch = 0;
        }
        const int64_t most = config_.schedule.max_steps;
        const bool enough = most > 0 && steps - first >= most;
        const bool stops = enough || cancellation_.IsCancelled();
        if (ends_epoch || stops || IsDue(config_.checkpoint.every_steps)) {
          GRE_RETURN_IF_ERROR(SaveTrainingState(config_.checkpoint.directory, position_, optimiser_,
                                                config_.checkpoint.keep));
        }
        if (enough) return {};
        if (stops) return Error{ErrorCode::kCancelled, "stopped; run again with --resume"};
        if (ends_epoch) break;
      }
    }
    LogInfo(Concat(
        {"done: ", std::to_string(optimiser_.steps()), " updates; the best is in ", Best()}));
    return {};
  }

 private:
  [[nodiscard]] bool IsDue(int64_t every) const {
    return every > 0 && optimiser_.steps() % every == 0;
  }
  [[nodiscard]] std::string Best() const { return config_.checkpoint.directory + "/best"; }

  // The order of an epoch's records; a function of (seed, epoch) alone.
  [[nodiscard]] std::vector<size_t> OrderOf(int64_t epoch) const {
    std::vector<size_t> order(train_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    Random random(HashSeed(config_.schedule.seed, static_cast<uint64_t>(epoch)));
    random.Shuffle(order);
    return order;
  }

  Status Update(const std::vector<size_t>& order) {
    const auto start = Clock::now();
    const auto size = static_cast<size_t>(config_.optim.batch_size);
    const size_t begin = static_cast<size_t>(position_.step_in_epoch) * size;
    const size_t end = std::min(order.size(), begin + size);
    std::vector<EncodedExample> examples;
    int64_t reply_tokens = 0, tokens = 0;
    for (size_t i = begin; i < end; ++i) {
      GRE_ASSIGN_OR_RETURN(EncodedExample example, EncodeExample(*model_, train_[order[i]]));
      reply_tokens += static_cast<int64_t>(example.reply.size());
      tokens += static_cast<int64_t>(example.prompt.token_ids.size() + example.reply.size());
      examples.push_back(std::move(example));
    }
    double loss = 0;
    const auto micro = static_cast<size_t>(config_.optim.micro_batch_size);
    for (size_t first = 0; first < examples.size(); first += micro) {
      std::vector<PromptWithCompletions> items;
      for (size_t i = first; i < std::min(examples.size(), first + micro); ++i) {
        items.push_back({&examples[i].prompt, {examples[i].reply}});
      }
      const CompletionBatch batch = MakeCompletionBatch(items);
      CompletionPass pass(
          *model_, batch,
          {.recompute = config_.optim.checkpoint_activations,
           .train_vision = config_.full() && (config_.parts.vision || config_.parts.merger)});
      const double weight = 1.0 / static_cast<double>(reply_tokens);
      const at::Tensor scores = pass.Scores().log_probabilities;
      loss -= weight * scores.sum().item<double>();
      pass.Backward(at::full(scores.sizes(), -weight, scores.options()));
    }
    const int64_t step = optimiser_.steps();
    const double rate = ScheduledLearningRate(config_.rate_shape(), step, total_steps_,
                                              warmup_steps_, config_.optim.learning_rate);
    const double norm = optimiser_.Step(rate);
    if (!std::isfinite(norm) || !std::isfinite(loss)) {
      GRE_RETURN_IF_ERROR(SaveTrainingState(config_.checkpoint.directory, position_, optimiser_,
                                            config_.checkpoint.keep));
      return Error{ErrorCode::kInternal,
                   Concat({"the loss or gradient of update ", std::to_string(step + 1),
                           " is not finite; the state before it is kept; lower "
                           "optim.learning_rate"})};
    }
    ++position_.step_in_epoch;
    const double seconds = SecondsSince(start);
    const double rate_of_tokens = static_cast<double>(tokens) / seconds;
    LogInfo(Concat({"update ", std::to_string(step + 1), "/", std::to_string(total_steps_),
                    "  loss ", FormatFixed(loss, 4), "  norm ", FormatFixed(norm, 2), "  lr ",
                    FormatShortest(rate), "  ", FormatFixed(rate_of_tokens, 0), " tokens/s, ",
                    FormatFixed(seconds * static_cast<double>(total_steps_ - step - 1) / 60, 1),
                    " min left"}));
    return Log({{"update", step + 1},
                {"epoch", position_.epoch},
                {"loss", loss},
                {"gradient_norm", norm},
                {"learning_rate", rate},
                {"records", end - begin},
                {"reply_tokens", reply_tokens},
                {"tokens", tokens},
                {"seconds", seconds}});
  }

  Status Evaluate() {
    if (dev_.empty()) return Keep();
    GRE_ASSIGN_OR_RETURN(const TuningScores scores,
                         EvaluateTuning(model_, dev_, config_.evaluation.answers,
                                        config_.evaluation.max_new_tokens, cancellation_));
    std::string line = Concat({"dev: loss ", FormatFixed(scores.loss, 4)});
    nlohmann::ordered_json accuracy = nlohmann::ordered_json::object();
    if (scores.answers > 0) {
      line += Concat({", ", FormatFixed(100 * scores.parsed, 1), " % of ",
                      std::to_string(scores.answers), " answers parsed"});
      for (const auto& [threshold, share] : scores.accuracy_km) {
        line += Concat(
            {", ", FormatFixed(100 * share, 1), " % within ", FormatShortest(threshold), " km"});
        accuracy[FormatShortest(threshold)] = share;
      }
    }
    LogInfo(line);
    GRE_RETURN_IF_ERROR(Log({{"update", optimiser_.steps()},
                             {"dev",
                              {{"examples", scores.examples},
                               {"loss", scores.loss},
                               {"answers", scores.answers},
                               {"parsed", scores.parsed},
                               {"with_truth", scores.with_truth},
                               {"accuracy_km", accuracy}}}}));
    if (-scores.loss <= position_.best_score) return {};
    position_.best_score = -scores.loss;
    position_.best_epoch = position_.epoch;
    return Keep();
  }

  Status Keep() {
    if (config_.full()) return {};  // the checkpoints hold the weights
    return WriteLora(Best(), WalkOf(*model_), config_.lora, config_.model.base,
                     [&](const std::string& path) { return model_->TransformersName(path); });
  }

  [[nodiscard]] Status Log(const nlohmann::ordered_json& line) const {
    GRE_ASSIGN_OR_RETURN(LineAppender log,
                         LineAppender::Open(config_.checkpoint.directory + "/log.jsonl"));
    return log.Append(line.dump());
  }

  TuningConfig config_;
  std::shared_ptr<VisionLanguageModel> model_;
  std::vector<ReplyExample> train_, dev_;
  const CancellationToken& cancellation_;
  AdamW optimiser_;
  TrainingPosition position_;
  int64_t steps_per_epoch_ = 0, total_steps_ = 0, warmup_steps_ = 0;
};

}  // namespace

Result<bool> IsTuningRecipe(const std::string& config_path,
                            const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(config_path, overrides));
  std::string base;
  reader.Read("model.base", base);
  return !base.empty();
}

Status RunTuning(const std::string& config_path, const std::vector<std::string>& overrides,
                 bool resume, const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(TuningConfig config, TuningConfig::Load(config_path, overrides));
  const std::string directory = config.checkpoint.directory;
  if (!resume && HasTrainingState(directory)) {
    return Error{ErrorCode::kInvalidArgument,
                 directory +
                     ": holds checkpoints of a run; continue it with --resume or choose "
                     "another checkpoint.directory"};
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Error{ErrorCode::kUnavailable, directory + ": " + error.message()};
  at::set_num_threads(config.schedule.threads);
  LogInfo(config_path + "\n" + config.Describe());
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<VisionLanguageModel> model, LoadBase(config));
  GRE_ASSIGN_OR_RETURN(auto train, LoadExamples(config, config.data.train, *model, cancellation));
  std::vector<ReplyExample> dev;
  if (!config.data.dev.empty()) {
    GRE_ASSIGN_OR_RETURN(dev, LoadExamples(config, config.data.dev, *model, cancellation));
  }
  GRE_ASSIGN_OR_RETURN(std::vector<TrainedParameter> parameters, ChooseParameters(config, *model));
  int64_t trained = 0;
  for (const TrainedParameter& parameter : parameters) trained += parameter.value.numel();
  LogInfo(std::to_string(trained) + " values learn");
  SftTuner tuner(std::move(config), std::move(model), std::move(parameters), std::move(train),
                 std::move(dev), cancellation);
  GRE_RETURN_IF_ERROR(resume ? tuner.Resume() : Status());
  return tuner.Run();
}

}  // namespace gre
