#include "training/policy/grpo_trainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "dataset/teacher/point_sampler.h"
#include "engine/local_engine.h"
#include "engine/torch_errors.h"
#include "rewards/policy_alarms.h"
#include "training/completion_batch.h"
#include "training/parallel/parallel_optimiser.h"
#include "training/policy/adapters_off.h"
#include "training/policy/country_places.h"
#include "training/policy/group_drawer.h"
#include "training/policy/grpo_config.h"
#include "training/policy/importance_correction.h"
#include "training/policy/rollouts.h"
#include "training/policy/server_rollouts.h"
#include "training/policy/update_report.h"
#include "training/policy_loss.h"
#include "training/run_log.h"
#include "training/training_state.h"
#include "training/tuning/tuning_run.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

// A pass's share of an update: some groups, their scores before it.
struct PolicyPart {
  std::vector<const RolloutGroup*> groups;
  CompletionBatch batch;
  at::Tensor advantages;
  at::Tensor old, reference;  // undefined where not needed
  at::Tensor correction;      // of a server's completions
};

class GrpoTrainer {
 public:
  GrpoTrainer(GrpoConfig config, std::shared_ptr<VisionLanguageModel> model,
              std::shared_ptr<const VisionLanguageModel> reference,
              std::vector<TrainedParameter> parameters, std::vector<TrainingRecord> records,
              std::map<std::string, std::vector<LatLng>> places, const std::string& base_hash,
              Collective collective, ServerRollouts* server, const CancellationToken& cancellation)
      : config_(std::move(config)),
        model_(std::move(model)),
        reference_(std::move(reference)),
        cancellation_(cancellation),
        collective_(std::move(collective)),
        server_(server),
        log_(config_.tuning.checkpoint.directory, config_.tuning.log.tensorboard),
        engine_(model_, {EngineKind::kLocal, "policy", ""}),
        drawer_(config_, *model_,
                server != nullptr ? static_cast<TextGenerator&>(*server) : engine_, collective_,
                std::move(records), std::move(places)),
        optimiser_(collective_, config_.tuning.optim.adamw, std::move(parameters)),
        curriculum_(config_.curriculum) {
    std::string truths;
    for (const auto& [country, points] : drawer_.places()) {
      for (const LatLng& point : points) {
        truths += Concat(
            {FormatShortest(point.latitude_deg), ",", FormatShortest(point.longitude_deg), "\n"});
      }
    }
    position_.settings =
        Concat({config_.Fingerprint(), ContentsSetting("model.base", base_hash),
                ContentsSetting("data.train", HashOf(drawer_.records())),
                ContentsSetting("rewards.gallery (the places taken from it)", truths)});
  }

  Status Resume() {
    GRE_ASSIGN_OR_RETURN(auto position, optimiser_.Load(directory(), position_.settings));
    if (!position) {
      LogInfo(Concat({directory(), ": no checkpoint to go on from; the run begins"}));
      return {};
    }
    position_ = std::move(*position);
    curriculum_.set_state({position_.more["theta_km"], position_.more["theta_smoothed"],
                           static_cast<int64_t>(position_.more["theta_updates"]),
                           static_cast<int64_t>(position_.more["theta_above"])});
    done_ = static_cast<int64_t>(position_.more["updates"]);
    LogInfo(Concat({"resuming after update ", std::to_string(done_), " of ",
                    std::to_string(config_.updates)}));
    return {};
  }

  Result<TrainingOutcome> Run() {
    const int64_t first = done_;
    GRE_RETURN_IF_ERROR(optimiser_.BeginTogether(position_.settings));
    GRE_RETURN_IF_ERROR(collective_.Lead([&] {
      return log_.Begin(
          {"grpo", config_.tuning.recipe, config_.Describe(), config_.updates, done_});
    }));
    while (done_ < config_.updates) {
      GRE_RETURN_IF_ERROR(UpdateOrSave());
      const int64_t most = config_.tuning.schedule.max_steps;
      const int64_t every = config_.tuning.checkpoint.every_steps;
      const bool enough = most > 0 && done_ - first >= most;
      const bool ends = done_ == config_.updates;
      GRE_ASSIGN_OR_RETURN(const bool stops,
                           collective_.Any(enough || cancellation_.IsCancelled()));
      if (ends || stops || (every > 0 && done_ % every == 0)) GRE_RETURN_IF_ERROR(Save());
      if (ends) break;
      if (enough) return Outcome(first, /*finished=*/false);
      if (stops) return Error{ErrorCode::kCancelled, "stopped; run again with --resume"};
    }
    LogInfo(Concat({"done: ", std::to_string(done_), " updates; what was learnt is in ",
                    directory(), "/best"}));
    return Outcome(first, /*finished=*/true);
  }

 private:
  [[nodiscard]] TrainingOutcome Outcome(int64_t first, bool finished) const {
    TrainingOutcome outcome;
    outcome.stage = "grpo";
    outcome.method = config_.tuning.method;
    outcome.base = config_.tuning.model.base;
    outcome.directory = directory();
    outcome.finished = finished;
    outcome.records = static_cast<int64_t>(drawer_.records().size());
    outcome.updates = done_;
    outcome.updates_of_call = done_ - first;
    outcome.last_loss = last_loss_;
    return outcome;
  }
  [[nodiscard]] const std::string& directory() const { return config_.tuning.checkpoint.directory; }

  void FillAdvantages(std::vector<RolloutGroup>& groups) const {
    std::vector<double> rewards;
    for (const RolloutGroup& group : groups) {
      rewards.insert(rewards.end(), group.rewards.begin(), group.rewards.end());
    }
    const Advantages all = GroupAdvantages(rewards, config_.group_size, config_.advantage_scale());
    size_t next = 0;
    for (RolloutGroup& group : groups) {
      for (size_t i = 0; i < group.rewards.size(); ++i) {
        group.advantages.push_back(all.values[next++]);
      }
    }
  }

  [[nodiscard]] bool Learns(const Completion& completion) const {
    return !config_.mask_truncated || completion.finish_reason == FinishReason::kStop;
  }

  [[nodiscard]] CompletionPass Pass(const CompletionBatch& batch, bool score_only,
                                    const VisionLanguageModel* model = nullptr) const {
    const TuningConfig& tuning = config_.tuning;
    return {model != nullptr ? *model : *model_,
            batch,
            {.recompute = tuning.optim.checkpoint_activations,
             .score_only = score_only,
             .train_vision = tuning.full() && (tuning.parts.vision || tuning.parts.merger),
             .scores = {.temperature = config_.temperature}}};
  }

  // The passes of an update. Groups that teach nothing are left out.
  std::vector<PolicyPart> Divide(const std::vector<RolloutGroup>& groups,
                                 AccumulatedBatch& accumulated) {
    std::vector<PolicyPart> parts;
    std::vector<PromptWithCompletions> items;
    std::vector<double> advantages;
    PolicyPart part;
    const auto finish = [&] {
      if (items.empty()) return;
      part.batch = MakeCompletionBatch(items);
      part.advantages = at::tensor(advantages, at::kFloat).to(model_->spec().device);
      parts.push_back(std::move(part));
      part = {};
      items.clear();
      advantages.clear();
    };
    for (const RolloutGroup& group : groups) {
      PromptWithCompletions item = {&group.prompt, {}};
      std::vector<double> of_group;
      for (size_t i = 0; i < group.completions.size(); ++i) {
        ++accumulated.completions;  // one that is masked counts as a loss of 0, as in TRL
        if (!Learns(group.completions[i])) continue;
        accumulated.tokens += static_cast<int64_t>(group.completions[i].token_ids.size());
        item.completions.push_back(group.completions[i].token_ids);
        of_group.push_back(group.advantages[i]);
      }
      const bool teaches = config_.beta > 0 || !IsFlat(group);
      if (!group.here || !teaches || item.completions.empty()) continue;
      items.push_back(std::move(item));
      advantages.insert(advantages.end(), of_group.begin(), of_group.end());
      part.groups.push_back(&group);
      if (items.size() == static_cast<size_t>(config_.tuning.optim.micro_batch_size)) finish();
    }
    finish();
    return parts;
  }

  // What the losses need besides the policy's own scores.
  void ScoreBefore(std::vector<PolicyPart>& parts) {
    if (config_.beta > 0) {
      // adapters that learn are switched off; whole weights that learn have a copy beside them
      std::optional<AdaptersOff> off;
      if (!reference_) off.emplace(*model_);
      for (PolicyPart& part : parts) {
        part.reference = Pass(part.batch, true, reference_.get()).Scores().log_probabilities;
      }
    }
    if (config_.iterations > 1) {
      for (PolicyPart& part : parts) part.old = Pass(part.batch, true).Scores().log_probabilities;
    }
  }

  // Compares the engine's log-probabilities of the tokens with the trainer's of the policy that
  // drew them, and corrects for the difference where a server drew; nothing where the engine does
  // not tell those of this temperature.
  [[nodiscard]] std::optional<Mismatch> Compare(PolicyPart& part, const at::Tensor& scores) const {
    const bool processed = server_ != nullptr && config_.rollouts.processed();
    if (config_.temperature != 1 && !processed) return std::nullopt;
    std::vector<float> told;
    for (const RolloutGroup* group : part.groups) {
      for (const Completion& completion : group->completions) {
        if (!Learns(completion)) continue;
        if (completion.logprobs.size() != completion.token_ids.size()) return std::nullopt;
        told.insert(told.end(), completion.logprobs.begin(), completion.logprobs.end());
      }
    }
    CorrectionOptions options = config_.rollouts.correction_options();
    if (server_ == nullptr) options.kind = CorrectionKind::kNone;
    ImportanceCorrection corrected =
        CorrectImportance(scores, at::tensor(told, at::kFloat), part.batch.lengths, options);
    part.correction = std::move(corrected.weights);
    return corrected.mismatch;
  }

  // An update; when it fails and leaves a state that a run can go on from, that is saved.
  Status UpdateOrSave() {
    const TrainingPosition before = position_;
    const int64_t steps = optimiser_.steps(), done = done_;
    Status updated = Update();
    if (updated.ok()) return updated;
    // whole are the state before an update, and that after it where only its lines are missing
    if (done_ == done && optimiser_.steps() != steps) return updated;
    if (done_ == done) position_ = before;
    GRE_RETURN_IF_ERROR(Save());
    if (updated.error().code != ErrorCode::kCancelled) return updated;
    return Error{ErrorCode::kCancelled, "stopped; run again with --resume"};
  }

  Status Update() {
    const auto start = Clock::now();
    if (server_ != nullptr) {
      GRE_RETURN_IF_ERROR(server_->Publish(optimiser_.steps(), cancellation_));
    }
    GRE_ASSIGN_OR_RETURN(DrawnGroups drawn,
                         drawer_.Draw(done_, curriculum_.theta_km(), position_, cancellation_));
    std::vector<RolloutGroup>& groups = drawn.groups;
    const double rollout_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    FillAdvantages(groups);
    AccumulatedBatch accumulated;
    std::vector<PolicyPart> parts = Divide(groups, accumulated);
    UpdateSums sums;
    ScoreBefore(parts);
    GRE_ASSIGN_OR_RETURN(const bool learns, collective_.Any(!parts.empty()));
    for (int iteration = 0; iteration < config_.iterations && learns; ++iteration) {
      GRE_RETURN_IF_ERROR(Step(parts, accumulated, iteration, sums));
    }
    ++done_;
    UpdateReport report;
    report.update = done_;
    report.updates = config_.updates;
    report.flat_groups = drawn.flat;
    report.groups = drawn.drawn;
    report.theta_km = curriculum_.theta_km();
    report.rollout_seconds = rollout_seconds;
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    report.sums = sums;
    report.served = server_ != nullptr;
    if (report.served) report.different_texts = server_->TakeDifferentTexts();
    last_loss_ = sums.loss;
    return Report(groups, SummariseUpdate(groups, report));
  }

  // Says and records what an update showed, and lets alarms and curriculum learn of it.
  Status Report(const std::vector<RolloutGroup>& groups, const UpdateReport& report) {
    nlohmann::ordered_json line = UpdateJson(report, config_.weights);
    AddMemoryUse(model_->spec().device.is_cpu(), line);
    LogInfo(UpdateLine(report, config_.weights, MemoryText(line)));
    const std::vector<std::string> alarms = alarms_.Observe(report.statistics);
    for (const std::string& alarm : alarms) LogWarning(alarm);
    if (!alarms.empty()) line["alarms"] = alarms;
    if (config_.weights[RewardPart::kDistance] > 0 &&
        curriculum_.Observe(report.means[RewardPart::kDistance])) {
      LogInfo(Concat({"theta is now ", FormatShortest(curriculum_.theta_km()), " km"}));
    }
    const auto write = [&]() -> Status {
      GRE_ASSIGN_OR_RETURN(LineAppender rollouts,
                           LineAppender::Open(directory() + "/rollouts.jsonl"));
      GRE_RETURN_IF_ERROR(
          rollouts.Append(RolloutJson(groups.front(), done_, config_.weights).dump()));
      return log_.Append(line);
    };
    return collective_.Lead(write);
  }

  Status Step(std::vector<PolicyPart>& parts, const AccumulatedBatch& accumulated, int iteration,
              UpdateSums& sums) {
    std::array<double, 10> of_passes = {};  // of all processes, once they are added up
    auto& [loss_sum, clipped_low, clipped_high, tokens, kl, entropy, untold, absolute, ratios,
           corrected] = of_passes;
    Mismatch told;
    for (PolicyPart& part : parts) {
      CompletionPass pass = Pass(part.batch, false);
      const TokenScores scores = pass.Scores();
      std::optional<Mismatch> mismatch;
      if (iteration == 0) {
        mismatch = Compare(part, part.old.defined() ? part.old : scores.log_probabilities);
      }
      PolicyBatch batch;
      batch.log_probabilities = scores.log_probabilities;
      batch.old = part.old;
      batch.reference = part.reference;
      batch.correction = part.correction;
      batch.advantages = part.advantages;
      batch.lengths = part.batch.lengths;
      batch.drawn = config_.group_size * static_cast<int64_t>(part.groups.size());
      const PolicyLoss loss = ComputePolicyLoss(batch, accumulated, config_.loss_options());
      pass.Backward(loss.gradient, [&](int64_t layer) {
        if (&part == &parts.back()) optimiser_.LayerDone(layer);
      });
      loss_sum += loss.loss;
      clipped_low += static_cast<double>(loss.clipped_low);
      clipped_high += static_cast<double>(loss.clipped_high);
      tokens += static_cast<double>(part.batch.targets.size(0));
      if (iteration > 0) continue;
      kl += loss.kl_sum;
      entropy += scores.entropies.sum().item<double>();
      untold += mismatch ? 0 : 1;
      if (mismatch) told.Add(*mismatch);
    }
    absolute = told.absolute;
    ratios = told.ratios;
    corrected = static_cast<double>(told.corrected);
    GRE_RETURN_IF_ERROR(optimiser_.AddUp(of_passes));
    sums.clipped_low += static_cast<int64_t>(clipped_low);
    sums.clipped_high += static_cast<int64_t>(clipped_high);
    sums.token_passes += static_cast<int64_t>(tokens);
    if (iteration == 0) {
      sums.kl = kl;
      sums.entropy = entropy;
      sums.tokens = static_cast<int64_t>(tokens);
      sums.mismatch.reset();
      if (untold == 0) {
        sums.mismatch = Mismatch{.tokens = sums.tokens,
                                 .absolute = absolute,
                                 .largest = told.largest,  // here
                                 .ratios = ratios,
                                 .corrected = static_cast<int64_t>(corrected)};
      }
    }
    const auto total = config_.updates * config_.iterations;
    const auto warmup = static_cast<int64_t>(
        std::ceil(config_.tuning.optim.warmup_ratio * static_cast<double>(total)));
    sums.learning_rate =
        ScheduledLearningRate(config_.tuning.rate_shape(), done_ * config_.iterations + iteration,
                              total, warmup, config_.tuning.optim.learning_rate);
    if (std::isfinite(loss_sum)) {
      // which a bad gradient leaves alone
      GRE_ASSIGN_OR_RETURN(sums.gradient_norm, optimiser_.Step(sums.learning_rate));
      sums.loss += loss_sum / config_.iterations;
      if (std::isfinite(sums.gradient_norm)) return {};
    }
    return Error{ErrorCode::kInternal,
                 Concat({"the loss or gradient of update ", std::to_string(done_ + 1),
                         " is not finite; lower optim.learning_rate and go on from the "
                         "last checkpoint"})};
  }

  Status Save() {
    const ThetaCurriculum::State& theta = curriculum_.state();
    position_.more = {{"theta_km", theta.theta_km},
                      {"theta_smoothed", theta.smoothed},
                      {"theta_updates", static_cast<double>(theta.updates)},
                      {"theta_above", static_cast<double>(theta.above)},
                      {"updates", static_cast<double>(done_)}};
    GRE_RETURN_IF_ERROR(KeepBest(config_.tuning, *model_, collective_));
    return optimiser_.Save(directory(), position_, config_.tuning.checkpoint.keep);
  }

  GrpoConfig config_;
  std::shared_ptr<VisionLanguageModel> model_;
  std::shared_ptr<const VisionLanguageModel> reference_;  // of full fine-tuning with a KL
  const CancellationToken& cancellation_;
  Collective collective_;
  ServerRollouts* server_;  // draws the completions; null: engine_ does
  RunLog log_;
  LocalEngine engine_;
  GroupDrawer drawer_;
  ParallelOptimiser optimiser_;
  ThetaCurriculum curriculum_;
  PolicyAlarms alarms_;
  TrainingPosition position_;
  int64_t done_ = 0;  // updates, rollouts that is
  std::optional<double> last_loss_;
};

}  // namespace

Result<TrainingOutcome> RunGrpo(const TrainingCall& call, const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(GrpoConfig config, GrpoConfig::Load(call.config_path, call.overrides));
  if (config.rollouts.served() && call.processes.size > 1) {
    return Error{ErrorCode::kInvalidArgument,
                 call.config_path +
                     ": rollouts.engine: a server serves one training process, found " +
                     std::to_string(call.processes.size) + "; let it be local, or start one"};
  }
  GRE_ASSIGN_OR_RETURN(Collective collective, Collective::Join(call.processes));
  GRE_RETURN_IF_ERROR(
      collective.Agree(PrepareRunDirectory(config.tuning.checkpoint.directory, call.resume)));
  at::set_num_threads(config.tuning.schedule.threads);
  LogInfo(call.config_path + "\n" + config.Describe());
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<VisionLanguageModel> model,
                       LoadTunedModel(config.tuning, call.processes.local_rank));
  GRE_ASSIGN_OR_RETURN(std::vector<TrainedParameter> parameters,
                       ChooseParameters(config.tuning, *model));
  std::shared_ptr<VisionLanguageModel> reference;
  if (config.tuning.full() && config.beta > 0) {
    GRE_ASSIGN_OR_RETURN(reference, LoadTunedModel(config.tuning, call.processes.local_rank));
  }
  std::unique_ptr<ServerRollouts> server;
  if (config.rollouts.served()) {
    GRE_ASSIGN_OR_RETURN(
        server, ServerRollouts::Create(config.rollouts, call.api_key, model,
                                       [tuning = config.tuning, model](const std::string& to) {
                                         return WriteAdapter(tuning, *model, to);
                                       }));
  }
  GRE_ASSIGN_OR_RETURN(const std::string base_hash, HashOfBase(config.tuning, *model));
  std::optional<PointSampler> sampler;
  if (!config.gallery.empty()) {
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(config.gallery));
    GRE_ASSIGN_OR_RETURN(sampler, PointSampler::FromGallery(text));
  }
  const RecordNeed need = config.stage == "judge" ? RecordNeed::kVerdict : RecordNeed::kPlace;
  GRE_ASSIGN_OR_RETURN(auto records, LoadRecords(config.tuning, config.tuning.data.train, need,
                                                 config.max_new_tokens, *model, cancellation));
  GRE_ASSIGN_OR_RETURN(auto places, PlacesOf(config, records, sampler));
  GrpoTrainer trainer(std::move(config), std::move(model), std::move(reference),
                      std::move(parameters), std::move(records), std::move(places), base_hash,
                      std::move(collective), server.get(), cancellation);
  GRE_RETURN_IF_ERROR(call.resume ? trainer.Resume() : Status());
  Result<TrainingOutcome> outcome =
      CatchTorchErrors(call.config_path, [&] { return trainer.Run(); });
  if (server) server->Close();
  return outcome;
}

}  // namespace gre
