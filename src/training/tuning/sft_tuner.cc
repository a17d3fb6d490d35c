#include "training/tuning/sft_tuner.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <nlohmann/json.hpp>

#include "core/log.h"
#include "core/random.h"
#include "core/settings_reader.h"
#include "core/strings.h"
#include "training/completion_batch.h"
#include "training/parallel/parallel_optimiser.h"
#include "training/run_log.h"
#include "training/training_state.h"
#include "training/tuning/training_records.h"
#include "training/tuning/tuning_config.h"
#include "training/tuning/tuning_evaluation.h"
#include "training/tuning/tuning_run.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class SftTuner {
 public:
  SftTuner(TuningConfig config, std::shared_ptr<VisionLanguageModel> model,
           std::vector<TrainedParameter> parameters, std::vector<TrainingRecord> train,
           std::vector<TrainingRecord> dev, const std::string& base_hash, Collective collective,
           const CancellationToken& cancellation)
      : config_(std::move(config)),
        model_(std::move(model)),
        train_(std::move(train)),
        dev_(std::move(dev)),
        cancellation_(cancellation),
        collective_(std::move(collective)),
        log_(config_.checkpoint.directory, config_.log.tensorboard),
        optimiser_(collective_, config_.optim.adamw, std::move(parameters)) {
    position_.settings = Concat({config_.Fingerprint(), ContentsSetting("model.base", base_hash),
                                 ContentsSetting("data.train", HashOf(train_))});
    position_.best_score = std::numeric_limits<double>::lowest();
    const auto batch = static_cast<int64_t>(config_.optim.batch_size);
    steps_per_epoch_ = (static_cast<int64_t>(train_.size()) + batch - 1) / batch;
    total_steps_ = steps_per_epoch_ * config_.schedule.epochs;
    warmup_steps_ = static_cast<int64_t>(
        std::ceil(config_.optim.warmup_ratio * static_cast<double>(total_steps_)));
  }

  Status Resume() {
    GRE_ASSIGN_OR_RETURN(auto position,
                         optimiser_.Load(config_.checkpoint.directory, position_.settings));
    if (!position) {
      LogInfo(
          Concat({config_.checkpoint.directory, ": no checkpoint to go on from; the run begins"}));
      return {};
    }
    position_ = std::move(*position);
    LogInfo(Concat({"resuming at update ", std::to_string(optimiser_.steps()), " of ",
                    std::to_string(total_steps_)}));
    return {};
  }

  Result<TrainingOutcome> Run() {
    const int64_t first = optimiser_.steps();
    GRE_RETURN_IF_ERROR(optimiser_.BeginTogether(position_.settings));
    GRE_RETURN_IF_ERROR(collective_.Lead([&] {
      return log_.Begin({"sft", config_.recipe, config_.Describe(), total_steps_, first});
    }));
    for (;;) {
      const bool ends_epoch = position_.step_in_epoch == steps_per_epoch_;
      if ((ends_epoch || IsDue(config_.evaluation.every_steps)) &&
          position_.more["evaluated"] != static_cast<double>(optimiser_.steps())) {
        const Status evaluated = Evaluate();
        if (!evaluated.ok()) return SaveAnd(evaluated.error());
        position_.more["evaluated"] = static_cast<double>(optimiser_.steps());
      }
      if (ends_epoch) {
        ++position_.epoch;
        position_.step_in_epoch = 0;
      }
      const bool done = position_.epoch == config_.schedule.epochs;
      if (done || ends_epoch || IsDue(config_.checkpoint.every_steps)) GRE_RETURN_IF_ERROR(Save());
      if (done) break;
      const int64_t most = config_.schedule.max_steps;
      if (most > 0 && optimiser_.steps() - first >= most) {
        GRE_RETURN_IF_ERROR(Save());
        return Outcome(first, /*finished=*/false);
      }
      GRE_ASSIGN_OR_RETURN(const bool stops, collective_.Any(cancellation_.IsCancelled()));
      if (stops) return SaveAnd(Error{ErrorCode::kCancelled, ""});
      // whole either way: before the update, or after it where only its line could not be written
      const Status updated =
          Update(EpochOrder(train_.size(), config_.schedule.seed, position_.epoch));
      if (!updated.ok()) return SaveAnd(updated.error());
    }
    LogInfo(Concat(
        {"done: ", std::to_string(optimiser_.steps()), " updates; the best is in ", Best()}));
    return Outcome(first, /*finished=*/true);
  }

 private:
  [[nodiscard]] TrainingOutcome Outcome(int64_t first, bool finished) const {
    TrainingOutcome outcome;
    outcome.stage = "sft";
    outcome.method = config_.method;
    outcome.base = config_.model.base;
    outcome.directory = config_.checkpoint.directory;
    outcome.finished = finished;
    outcome.records = static_cast<int64_t>(train_.size());
    outcome.updates = optimiser_.steps();
    outcome.updates_of_call = optimiser_.steps() - first;
    outcome.last_loss = last_loss_;
    if (const auto update = position_.more.find("best_update"); update != position_.more.end()) {
      outcome.best = {"dev_loss", -position_.best_score, static_cast<int64_t>(update->second)};
    }
    return outcome;
  }
  [[nodiscard]] bool IsDue(int64_t every) const {
    return every > 0 && optimiser_.steps() > 0 && optimiser_.steps() % every == 0;
  }
  Status Save() {
    return optimiser_.Save(config_.checkpoint.directory, position_, config_.checkpoint.keep);
  }
  // Keeps the state that `failure` left whole.
  Error SaveAnd(const Error& failure) {
    if (const Status saved = Save(); !saved.ok()) return saved.error();
    if (failure.code != ErrorCode::kCancelled) return failure;
    return {ErrorCode::kCancelled, "stopped; run again with --resume"};
  }
  [[nodiscard]] std::string Best() const { return config_.checkpoint.directory + "/best"; }

  Status Update(const std::vector<size_t>& order) {
    const auto start = Clock::now();
    const auto size = static_cast<size_t>(config_.optim.batch_size);
    const size_t begin = static_cast<size_t>(position_.step_in_epoch) * size;
    const size_t end = std::min(order.size(), begin + size);
    const auto micro = static_cast<size_t>(config_.optim.micro_batch_size);
    // passes of the update go round among the processes
    std::vector<std::vector<EncodedRecord>> passes;
    std::array<double, 2> counts = {};
    double& reply_tokens =
        counts[0];  // by name: lambdas do not capture structured bindings everywhere
    double& tokens = counts[1];
    const auto encode = [&]() -> Status {
      for (size_t first = begin + micro * static_cast<size_t>(collective_.rank()); first < end;
           first += micro * static_cast<size_t>(collective_.size())) {
        std::vector<EncodedRecord>& examples = passes.emplace_back();
        for (size_t i = first; i < std::min(end, first + micro); ++i) {
          GRE_ASSIGN_OR_RETURN(EncodedRecord example, EncodeRecord(*model_, train_[order[i]]));
          reply_tokens += static_cast<double>(example.reply.size());
          tokens += static_cast<double>(example.prompt.token_ids.size() + example.reply.size());
          examples.push_back(std::move(example));
        }
      }
      return {};
    };
    GRE_RETURN_IF_ERROR(collective_.Agree(encode()));
    GRE_RETURN_IF_ERROR(collective_.Sum(counts));
    double loss = 0;
    for (size_t i = 0; i < passes.size(); ++i) {
      std::vector<PromptWithCompletions> items;
      for (EncodedRecord& example : passes[i]) items.push_back({&example.prompt, {example.reply}});
      const CompletionBatch batch = MakeCompletionBatch(items);
      if (config_.lora.dropout > 0) {
        // as one process would draw it
        const size_t number =
            i * static_cast<size_t>(collective_.size()) + static_cast<size_t>(collective_.rank());
        const uint64_t update = HashSeed(HashSeed(config_.schedule.seed, "dropout"),
                                         static_cast<uint64_t>(optimiser_.steps()));
        SetDropout(WalkOf(*model_), config_.lora.dropout, HashSeed(update, number) | 1);
      }
      CompletionPass pass(
          *model_, batch,
          {.recompute = config_.optim.checkpoint_activations,
           .train_vision = config_.full() && (config_.parts.vision || config_.parts.merger)});
      const double weight = 1.0 / reply_tokens;
      const at::Tensor scores = pass.Scores().log_probabilities;
      loss -= weight * scores.sum().item<double>();
      const bool last = i + 1 == passes.size();
      pass.Backward(at::full(scores.sizes(), -weight, scores.options()), [&](int64_t layer) {
        if (last) optimiser_.LayerDone(layer);
      });
    }
    if (config_.lora.dropout > 0) SetDropout(WalkOf(*model_), 0, 0);
    GRE_RETURN_IF_ERROR(optimiser_.AddUp({&loss, 1}));
    const int64_t step = optimiser_.steps();
    const double rate = ScheduledLearningRate(config_.rate_shape(), step, total_steps_,
                                              warmup_steps_, config_.optim.learning_rate);
    double norm = loss;
    if (std::isfinite(loss)) {
      GRE_ASSIGN_OR_RETURN(norm, optimiser_.Step(rate));
    }
    if (!std::isfinite(norm)) {
      return Error{ErrorCode::kInternal,
                   Concat({"the loss or gradient of update ", std::to_string(step + 1),
                           " is not finite; the state before it is kept; lower "
                           "optim.learning_rate"})};
    }
    ++position_.step_in_epoch;
    last_loss_ = loss;
    const double seconds = SecondsSince(start);
    const double rate_of_tokens = tokens / seconds;
    nlohmann::ordered_json line = {{"update", step + 1},
                                   {"epoch", position_.epoch},
                                   {"loss", loss},
                                   {"gradient_norm", norm},
                                   {"learning_rate", rate},
                                   {"records", end - begin},
                                   {"reply_tokens", static_cast<int64_t>(reply_tokens)},
                                   {"tokens", static_cast<int64_t>(tokens)},
                                   {"tokens_per_second", rate_of_tokens},
                                   {"seconds", seconds}};
    AddMemoryUse(model_->spec().device.is_cpu(), line);
    LogInfo(Concat({"update ", std::to_string(step + 1), "/", std::to_string(total_steps_),
                    "  loss ", FormatFixed(loss, 4), "  norm ", FormatFixed(norm, 2), "  lr ",
                    FormatShortest(rate), "  ", FormatFixed(rate_of_tokens, 0), " tokens/s, ",
                    MemoryText(line), ", ",
                    FormatFixed(seconds * static_cast<double>(total_steps_ - step - 1) / 60, 1),
                    " min left"}));
    return collective_.Lead([&] { return log_.Append(line); });
  }

  Status Evaluate() {
    if (dev_.empty()) return KeepBest(config_, *model_, collective_);
    GRE_ASSIGN_OR_RETURN(
        const TuningScores scores,
        EvaluateTuning(model_, dev_, config_.evaluation.answers, config_.evaluation.max_new_tokens,
                       collective_, cancellation_));
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
    const nlohmann::ordered_json told = {{"update", optimiser_.steps()},
                                         {"dev",
                                          {{"examples", scores.examples},
                                           {"loss", scores.loss},
                                           {"answers", scores.answers},
                                           {"parsed", scores.parsed},
                                           {"with_truth", scores.with_truth},
                                           {"accuracy_km", accuracy}}}};
    GRE_RETURN_IF_ERROR(collective_.Lead([&] { return log_.Append(told); }));
    if (!(-scores.loss > position_.best_score)) return {};  // also where it is no number
    GRE_RETURN_IF_ERROR(KeepBest(config_, *model_, collective_));
    position_.best_score = -scores.loss;
    position_.best_epoch = position_.epoch;
    position_.more["best_update"] = static_cast<double>(optimiser_.steps());
    return {};
  }

  TuningConfig config_;
  std::shared_ptr<VisionLanguageModel> model_;
  std::vector<TrainingRecord> train_, dev_;
  const CancellationToken& cancellation_;
  Collective collective_;
  RunLog log_;
  ParallelOptimiser optimiser_;
  TrainingPosition position_;
  int64_t steps_per_epoch_ = 0, total_steps_ = 0, warmup_steps_ = 0;
  std::optional<double> last_loss_;
};

}  // namespace

Result<bool> IsTuningRecipe(const TrainingCall& call) {
  GRE_ASSIGN_OR_RETURN(const SettingsReader reader,
                       SettingsReader::Load(call.config_path, call.overrides));
  return reader.Has("model.base");
}

Result<TrainingOutcome> RunTuning(const TrainingCall& call, const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(TuningConfig config, TuningConfig::Load(call.config_path, call.overrides));
  GRE_ASSIGN_OR_RETURN(Collective collective, Collective::Join(call.processes));
  GRE_RETURN_IF_ERROR(
      collective.Agree(PrepareRunDirectory(config.checkpoint.directory, call.resume)));
  at::set_num_threads(config.schedule.threads);
  LogInfo(call.config_path + "\n" + config.Describe());
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<VisionLanguageModel> model,
                       LoadTunedModel(config, call.processes.local_rank));
  GRE_ASSIGN_OR_RETURN(std::vector<TrainedParameter> parameters, ChooseParameters(config, *model));
  int64_t trained = 0;
  for (const TrainedParameter& parameter : parameters) trained += parameter.value.numel();
  LogInfo(std::to_string(trained) + " values learn");
  GRE_ASSIGN_OR_RETURN(const std::string base_hash, HashOfBase(config, *model));
  const auto load = [&](const std::string& source) {
    return LoadRecords(config, source, config.record_need(), 0, *model, cancellation);
  };
  GRE_ASSIGN_OR_RETURN(std::vector<TrainingRecord> train, load(config.data.train));
  std::vector<TrainingRecord> dev;
  if (!config.data.dev.empty()) {
    GRE_ASSIGN_OR_RETURN(dev, load(config.data.dev));
  }
  SftTuner tuner(std::move(config), std::move(model), std::move(parameters), std::move(train),
                 std::move(dev), base_hash, std::move(collective), cancellation);
  GRE_RETURN_IF_ERROR(call.resume ? tuner.Resume() : Status());
  return tuner.Run();
}

}  // namespace gre
