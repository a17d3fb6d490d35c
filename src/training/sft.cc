#include "training/sft.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/photo_folder.h"
#include "model/checkpoint_source.h"
#include "model/model_report.h"
#include "training/country_head.h"
#include "training/dev_scores.h"
#include "training/feature_cache.h"
#include "training/geography.h"
#include "training/initial_weights.h"
#include "training/nano_examples.h"
#include "training/nano_export.h"
#include "training/nano_text.h"
#include "training/nano_trainer.h"
#include "training/sft_config.h"
#include "training/tower_cache.h"
#include "training/training_state.h"
#include "training/tuning/tuning_run.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kStandardiseSample = 320;  // photos

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Everything that stays the same during a run.
struct Run {
  SftConfig config;
  std::string settings;
  std::vector<PhotoRecord> train, dev;
  std::string tokenizer_json;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<NanoExamples> examples;
  std::unique_ptr<NanoNetwork> network;
  std::unique_ptr<FeatureCache> train_features, dev_features;
  std::unique_ptr<TowerCache> train_tower;  // only where the tower does not learn

  [[nodiscard]] bool TowerLearns() const { return config.model.tower.empty(); }
  // On a finished tower: the country head and the text part begin anew.
  [[nodiscard]] bool HeadBegins() const { return !TowerLearns() && !config.model.continue_text; }
  [[nodiscard]] TowerFeatures TrainTower(std::span<const FeatureCache::View> views) const {
    return train_tower ? train_tower->Load(views) : RunTower(*train_features, views);
  }
  [[nodiscard]] TowerFeatures RunTower(const FeatureCache& features,
                                       std::span<const FeatureCache::View> views) const {
    const LowerFeatures lower = features.Load(views);
    return network->Upper({lower.grid.to(at::kFloat), lower.statistics});
  }
};

Result<std::vector<PhotoRecord>> LoadRecords(const SftConfig& config) {
  if (config.data.manifest.empty()) {
    return ReadPhotoFolder(config.data.photos);
  }
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(config.data.manifest));
  return ParsePhotoManifest(text);
}

Error UnusableType(const std::string& path, const std::string& tensor) {
  return {ErrorCode::kInvalidInput, path + ": tensor '" + tensor + "': expected BF16, F16 or F32"};
}

Result<TensorMap> LoadBackbone(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::OpenFile(path));
  TensorMap tensors;
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    if (!ToScalarType(tensor.entry.dtype)) {
      return UnusableType(path, name);
    }
    tensors[name] = ViewTensor(tensor);
  }
  return FoldBatchNorms(tensors);
}

std::vector<PhotoRecord> Select(const std::vector<PhotoRecord>& records, PhotoSplit split) {
  std::vector<PhotoRecord> selected;
  std::ranges::copy_if(records, std::back_inserter(selected),
                       [&](const PhotoRecord& record) { return record.split == split; });
  return selected;
}

Status PrepareFeatures(Run& run, const TensorMap& backbone, const std::string& backbone_hash,
                       const CancellationToken& cancellation) {
  InitialWeights weights(backbone, run.config.schedule.seed, at::kFloat);
  const NanoNetwork lower(weights, run.config.model.dimensions, at::kCPU);
  FeatureCache::Options options;
  options.directory = run.config.data.cache;
  options.photo_root = run.config.data.photos;
  options.backbone_hash = backbone_hash;
  options.image_size = run.config.model.dimensions.image_size;
  options.seed = run.config.schedule.seed;
  options.threads = run.config.schedule.threads;
  options.augment = run.config.augment;
  const auto build = [&](const std::vector<PhotoRecord>& records,
                         int64_t views) -> Result<std::unique_ptr<FeatureCache>> {
    options.views = views;
    auto last = Clock::now();
    const auto progress = [&](int64_t done, int64_t total) {
      if (SecondsSince(last) > 10 || done == total) {
        last = Clock::now();
        LogInfo("preparing photos: " + std::to_string(done) + " of " + std::to_string(total));
      }
    };
    GRE_ASSIGN_OR_RETURN(FeatureCache cache,
                         FeatureCache::Build(options, records, lower, progress, cancellation));
    return std::make_unique<FeatureCache>(std::move(cache));
  };
  GRE_ASSIGN_OR_RETURN(run.train_features, build(run.train, run.config.views));
  GRE_ASSIGN_OR_RETURN(run.dev_features, build(run.dev, 1));
  return {};
}

// Takes the tower of an earlier run's directory, or its whole model.
Status TakeWeights(Run& run) {
  GRE_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                       Checkpoint::OpenDirectory(run.config.model.tower));
  const at::NoGradGuard no_grad;
  Status status;
  run.network->VisitParameters(NanoNetwork::Part::kAll, [&](const ParameterSlice& slice) {
    if (!run.config.model.continue_text && !slice.name.starts_with("tower.")) {
      return;
    }
    const Checkpoint::Tensor* tensor = checkpoint.Find(slice.name);
    if (tensor != nullptr && ToScalarType(tensor->entry.dtype) &&
        slice.Get().sizes() == at::IntArrayRef(tensor->entry.shape)) {
      slice.Get().copy_(ViewTensor(*tensor));
    } else if (status.ok()) {
      status = Error{ErrorCode::kInvalidInput, run.config.model.tower + ": tensor '" + slice.name +
                                                   "' is missing or mis-shaped"};
    }
  });
  return status;
}

Status BuildNetwork(Run& run, const TensorMap& backbone, const CancellationToken& cancellation) {
  InitialWeights weights(backbone, run.config.schedule.seed, at::kFloat);
  run.network = std::make_unique<NanoNetwork>(weights, run.config.model.dimensions, at::kCPU);
  GRE_RETURN_IF_ERROR(Status(weights.status()));
  const auto photos = static_cast<int64_t>(run.train.size());
  if (!run.config.model.tower.empty()) {
    GRE_RETURN_IF_ERROR(TakeWeights(run));
  }
  if (!run.config.model.continue_text) {
    std::vector<FeatureCache::View> sample;
    for (int64_t i = 0; i < photos; i += std::max<int64_t>(photos / kStandardiseSample, 1)) {
      sample.push_back({i, 0});
    }
    {
      const at::NoGradGuard no_grad;
      const LowerFeatures lower = run.train_features->Load(sample);
      run.network->StandardiseSummary({lower.grid.to(at::kFloat), lower.statistics});
    }
  }
  if (!run.TowerLearns()) {
    GRE_ASSIGN_OR_RETURN(TowerCache tower,
                         TowerCache::Build(*run.network, *run.train_features, photos,
                                           run.config.views, cancellation));
    run.train_tower = std::make_unique<TowerCache>(std::move(tower));
  }
  if (run.HeadBegins()) {
    GRE_RETURN_IF_ERROR(TrainCountryHead(*run.network, *run.train_tower, *run.examples, run.train,
                                         run.config, cancellation));
  }
  return {};
}

Result<Run> Prepare(SftConfig config, const CancellationToken& cancellation) {
  Run run;
  run.config = std::move(config);
  GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> records, LoadRecords(run.config));
  run.train = Select(records, PhotoSplit::kTrain);
  run.dev = Select(records, PhotoSplit::kDev);
  if (run.train.empty() || run.dev.empty()) {
    return Error{ErrorCode::kInvalidInput, "the records hold " + std::to_string(run.train.size()) +
                                               " train and " + std::to_string(run.dev.size()) +
                                               " dev photos; both are needed"};
  }
  GRE_ASSIGN_OR_RETURN(const std::string gallery, ReadFile(run.config.data.gallery));
  GRE_ASSIGN_OR_RETURN(PointSampler points, PointSampler::FromGallery(gallery));

  run.tokenizer_json = BuildNanoTokenizer();
  GRE_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::FromJson(run.tokenizer_json));
  run.tokenizer = std::make_unique<Tokenizer>(std::move(tokenizer));
  const TokenWeights weights = {run.config.optim.country_weight,
                                run.config.optim.coordinate_weight};
  GRE_ASSIGN_OR_RETURN(NanoExamples examples,
                       NanoExamples::Create(run.train, std::move(points), *run.tokenizer, weights));
  run.examples = std::make_unique<NanoExamples>(std::move(examples));
  NanoConfig& dimensions = run.config.model.dimensions;
  dimensions.vocab_size = run.tokenizer->size();
  dimensions.num_countries = run.examples->num_countries();
  dimensions.image_token_id = *run.tokenizer->TokenId(kNanoImageToken);
  dimensions.begin_token_id = *run.tokenizer->TokenId(kNanoBeginToken);
  dimensions.end_token_id = *run.tokenizer->TokenId(kNanoEndToken);
  if (const auto problems = dimensions.Problems(); !problems.empty()) {
    return Error{ErrorCode::kInvalidInput, JoinProblems(problems)};
  }

  GRE_ASSIGN_OR_RETURN(const std::string backbone_bytes, ReadFile(run.config.model.backbone));
  const std::string backbone_hash = Sha256Hex(backbone_bytes);
  GRE_ASSIGN_OR_RETURN(const TensorMap backbone, LoadBackbone(run.config.model.backbone));
  std::string tower_hash;  // empty: the tower learns
  if (!run.TowerLearns()) {
    GRE_ASSIGN_OR_RETURN(const std::string tower,
                         ReadFile(run.config.model.tower + "/model.safetensors"));
    tower_hash = Sha256Hex(tower);
  }
  run.settings =
      Concat({run.config.Describe(), ContentsSetting("model.backbone", backbone_hash),
              ContentsSetting("model.tower", tower_hash),
              ContentsSetting("the vocabulary", run.tokenizer_json),
              ContentsSetting("data.gallery", gallery),
              ContentsSetting("the train photos' list", FormatPhotoManifest(run.train))});
  GRE_RETURN_IF_ERROR(PrepareFeatures(run, backbone, backbone_hash, cancellation));
  GRE_RETURN_IF_ERROR(BuildNetwork(run, backbone, cancellation));
  return run;
}

// The order in which an epoch sees its pictures; a function of (seed, epoch) alone.
std::vector<FeatureCache::View> EpochOrder(const Run& run, int64_t epoch) {
  auto order = EpochViews(run.train, run.config.data.travel_repeats, run.config.views, epoch);
  Random random(HashSeed(run.config.schedule.seed, static_cast<uint64_t>(epoch)));
  random.Shuffle(order);
  return order;
}

std::string Percent(double share) { return FormatFixed(100 * share, 1); }

// Averages of an epoch so far.
struct Progress {
  double text = 0, auxiliary = 0;
  int64_t steps = 0, photos = 0;
  Clock::time_point start = Clock::now();
};

class SftLoop {
 public:
  SftLoop(Run& run, const CancellationToken& cancellation)
      : run_(run),
        cancellation_(cancellation),
        trainer_(*run.network,
                 run.TowerLearns() ? NanoNetwork::Part::kUnfrozen : NanoNetwork::Part::kText,
                 run.config.optim, run.config.schedule.seed) {
    position_.settings = run.settings;
    batch_ = run.config.optim.batch_size;
    steps_per_epoch_ = (static_cast<int64_t>(EpochOrder(run, 0).size()) + batch_ - 1) / batch_;
    total_steps_ = steps_per_epoch_ * run.config.schedule.epochs;
  }

  Status Resume() {
    GRE_ASSIGN_OR_RETURN(auto position, LoadTrainingState(run_.config.checkpoint.directory,
                                                          run_.settings, trainer_.optimiser()));
    if (position) {
      position_ = *position;
      LogInfo("resuming at epoch " + std::to_string(position_.epoch) + ", step " +
              std::to_string(position_.step_in_epoch));
    }
    return {};
  }

  Result<TrainingOutcome> RunAll() {
    const int64_t first_step = trainer_.optimiser().steps();
    const auto& schedule = run_.config.schedule;
    while (position_.epoch < schedule.epochs &&
           position_.epoch <= position_.best_epoch + schedule.patience) {
      const std::vector<FeatureCache::View> order = EpochOrder(run_, position_.epoch);
      Progress progress;
      while (position_.step_in_epoch < steps_per_epoch_) {
        GRE_RETURN_IF_ERROR(OneStep(order, progress));
        const int64_t steps = trainer_.optimiser().steps();
        const bool enough = schedule.max_steps > 0 && steps - first_step >= schedule.max_steps;
        const int64_t every = run_.config.checkpoint.every_steps;
        if (enough || cancellation_.IsCancelled() || (every > 0 && steps % every == 0)) {
          GRE_RETURN_IF_ERROR(Save());
        }
        if (enough || cancellation_.IsCancelled()) {
          if (enough) return Outcome(first_step, /*finished=*/false);
          return Error{ErrorCode::kCancelled, "stopped; run again with --resume"};
        }
      }
      GRE_RETURN_IF_ERROR(EndEpoch(progress));
    }
    LogInfo("best epoch " + std::to_string(position_.best_epoch) + ", dev score " +
            FormatFixed(position_.best_score, 4) + "; weights in " +
            run_.config.checkpoint.directory + "/best");
    return Outcome(first_step, /*finished=*/true);
  }

 private:
  [[nodiscard]] TrainingOutcome Outcome(int64_t first_step, bool finished) {
    TrainingOutcome outcome;
    outcome.stage = "sft";
    outcome.method = "nano";
    outcome.directory = run_.config.checkpoint.directory;
    outcome.finished = finished;
    outcome.records = static_cast<int64_t>(run_.train.size());
    outcome.updates = trainer_.optimiser().steps();
    outcome.updates_of_call = outcome.updates - first_step;
    outcome.last_loss = last_loss_;
    if (position_.best_epoch >= 0) {
      outcome.best = {"dev_score", position_.best_score,
                      (position_.best_epoch + 1) * steps_per_epoch_};
    }
    return outcome;
  }
  Status OneStep(const std::vector<FeatureCache::View>& order, Progress& progress) {
    const auto begin = static_cast<size_t>(position_.step_in_epoch * batch_);
    const size_t end = std::min(order.size(), begin + static_cast<size_t>(batch_));
    const std::span<const FeatureCache::View> views(order.data() + begin, end - begin);
    const ImageFeatures image = trainer_.Project(run_.TrainTower(views));
    std::vector<PhotoRecord> records;
    for (const FeatureCache::View& view : views) {
      records.push_back(run_.train[static_cast<size_t>(view.record)]);
    }
    if (run_.config.optim.follow_head) {
      Imagine(trainer_.DrawCountries(image), records);
    }
    std::vector<NanoExamples::Item> items;
    for (size_t i = begin; i < end; ++i) {
      const uint64_t seed = HashSeed(HashSeed(run_.config.schedule.seed, "points"),
                                     static_cast<uint64_t>(position_.epoch) * order.size() + i);
      items.push_back({&records[i - begin], FeatureCache::IsMirrored(order[i].view), seed});
    }
    GRE_ASSIGN_OR_RETURN(const TextBatch batch, run_.examples->MakeBatch(items));
    const auto& schedule = run_.config.schedule;
    const int64_t step = trainer_.optimiser().steps();
    const double rate = CosineLearningRate(step, total_steps_, schedule.warmup_steps,
                                           run_.config.optim.learning_rate, schedule.floor_ratio);
    const NanoTrainer::Losses losses = trainer_.Step(image, batch, rate);
    if (!std::isfinite(losses.gradient_norm)) {
      return Error{ErrorCode::kInternal, "the gradient is not finite at step " +
                                             std::to_string(step) + "; lower the learning rate"};
    }
    ++position_.step_in_epoch;
    progress.text += losses.text;
    last_loss_ = losses.text;
    progress.auxiliary += losses.auxiliary;
    ++progress.steps;
    progress.photos += static_cast<int64_t>(items.size());
    if (progress.steps % 20 == 0) {
      const double seconds = SecondsSince(progress.start);
      const double per_step = seconds / static_cast<double>(progress.steps);
      const double left = per_step * static_cast<double>(total_steps_ - step - 1);
      const auto steps = static_cast<double>(progress.steps);
      LogInfo("epoch " + std::to_string(position_.epoch) + " step " +
              std::to_string(position_.step_in_epoch) + "/" + std::to_string(steps_per_epoch_) +
              " loss " + FormatFixed(progress.text / steps, 3) + " aux " +
              FormatFixed(progress.auxiliary / steps, 3) + " norm " +
              FormatFixed(losses.gradient_norm, 2) + " lr " + FormatShortest(rate) + " " +
              FormatFixed(static_cast<double>(progress.photos) / seconds, 1) +
              " photos/s, at most " + FormatFixed(left / 60, 1) + " min left");
    }
    return {};
  }

  // Moves photos to the drawn countries.
  void Imagine(const std::vector<int64_t>& classes, std::vector<PhotoRecord>& records) const {
    for (size_t i = 0; i < records.size(); ++i) {
      const std::string& code = run_.examples->CountryCode(classes[i]);
      if (code != records[i].country_code) {
        records[i].country_code = code;
        records[i].point.reset();
      }
    }
  }

  // Evaluates the averaged weights, keeps them if they are the best, saves a checkpoint.
  Status EndEpoch(const Progress& progress) {
    trainer_.optimiser().SwapAverages();
    const auto tower = [&](size_t begin, size_t end) {
      std::vector<FeatureCache::View> views;
      for (size_t i = begin; i < end; ++i) {
        views.push_back({static_cast<int64_t>(i), 0});
      }
      return run_.RunTower(*run_.dev_features, views);
    };
    auto scores =
        ScoreNetwork(*run_.network, *run_.examples, run_.dev, run_.config.schedule.seed, tower);
    Status kept;
    if (scores.ok() && Score(*scores) > position_.best_score) {
      position_.best_score = Score(*scores);
      position_.best_epoch = position_.epoch;
      kept = ExportNano(run_.config.checkpoint.directory + "/best", *run_.network,
                        run_.tokenizer_json);
    }
    trainer_.optimiser().SwapAverages();
    GRE_RETURN_IF_ERROR(scores.ok() ? std::move(kept) : Status(scores.error()));
    GRE_RETURN_IF_ERROR(LogEpoch(progress, *scores));
    ++position_.epoch;
    position_.step_in_epoch = 0;
    return Save();
  }

  [[nodiscard]] double Score(const DevScores& scores) const {
    return run_.TowerLearns() ? scores.HeadScore() : scores.AnswerScore();
  }

  Status LogEpoch(const Progress& progress, const DevScores& scores) {
    const auto steps = static_cast<double>(std::max<int64_t>(progress.steps, 1));
    LogInfo("epoch " + std::to_string(position_.epoch) + " dev: street " +
            Percent(scores.street_top1) + " % (country head " + Percent(scores.street_auxiliary) +
            ", nll " + FormatFixed(scores.street_nll, 3) + "), travel " +
            Percent(scores.travel_top1) + " % (" + Percent(scores.travel_auxiliary) + ", nll " +
            FormatFixed(scores.travel_nll, 3) + "), best epoch " +
            std::to_string(position_.best_epoch));
    nlohmann::ordered_json line;
    line["epoch"] = position_.epoch;
    line["steps"] = trainer_.optimiser().steps();
    line["loss"] = progress.text / steps;
    line["auxiliary_loss"] = progress.auxiliary / steps;
    line["seconds"] = SecondsSince(progress.start);
    line["dev"] = {{"street_top1", scores.street_top1},
                   {"travel_top1", scores.travel_top1},
                   {"street_auxiliary_top1", scores.street_auxiliary},
                   {"travel_auxiliary_top1", scores.travel_auxiliary},
                   {"street_nll", scores.street_nll},
                   {"travel_nll", scores.travel_nll},
                   {"score", Score(scores)}};
    GRE_ASSIGN_OR_RETURN(LineAppender log,
                         LineAppender::Open(run_.config.checkpoint.directory + "/log.jsonl"));
    return log.Append(line.dump());
  }

  Status Save() {
    const AdamW& optimiser = trainer_.optimiser();
    return SaveTrainingState(run_.config.checkpoint.directory, position_, optimiser.steps(),
                             optimiser.parameters(), run_.config.checkpoint.keep);
  }

  Run& run_;
  const CancellationToken& cancellation_;
  NanoTrainer trainer_;
  TrainingPosition position_;
  int64_t batch_ = 1;
  int64_t steps_per_epoch_ = 0;
  int64_t total_steps_ = 0;
  std::optional<double> last_loss_;
};

}  // namespace

Result<TrainingOutcome> RunSft(const TrainingCall& call, const CancellationToken& cancellation) {
  try {
    GRE_ASSIGN_OR_RETURN(SftConfig config, SftConfig::Load(call.config_path, call.overrides));
    if (call.processes.size > 1) {
      return Error{
          ErrorCode::kInvalidArgument,
          call.config_path + ": the embedded model is trained by one process; start it alone"};
    }
    const std::string directory = config.checkpoint.directory;
    GRE_RETURN_IF_ERROR(PrepareRunDirectory(directory, call.resume));
    at::set_num_threads(config.schedule.threads);
    GRE_ASSIGN_OR_RETURN(Run run, Prepare(std::move(config), cancellation));
    LogInfo(std::to_string(run.train.size()) + " train photos, " + std::to_string(run.dev.size()) +
            " dev photos, " + std::to_string(run.examples->num_countries()) + " countries, " +
            std::to_string(run.tokenizer->size()) + " tokens\n" + run.config.Describe());
    const bool resumes =
        call.resume && HasTrainingState(directory);  // then the text part has learnt it
    if (run.HeadBegins() && !resumes) {
      GRE_RETURN_IF_ERROR(
          TeachGeography(*run.network, *run.examples, run.train, run.config, cancellation));
    }
    SftLoop loop(run, cancellation);
    GRE_RETURN_IF_ERROR(call.resume ? loop.Resume() : Status());
    return loop.RunAll();
  } catch (const std::exception& exception) {  // LibTorch's errors
    return Error{ErrorCode::kInternal, std::string("training: ") + exception.what()};
  }
}

}  // namespace gre
