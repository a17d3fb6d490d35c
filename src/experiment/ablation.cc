#include "experiment/ablation.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/photo_folder.h"
#include "dataset/teacher/point_sampler.h"
#include "experiment/ablation_answers.h"
#include "experiment/ablation_arms.h"
#include "experiment/ablation_files.h"
#include "experiment/ablation_records.h"
#include "experiment/country_head_asker.h"
#include "experiment/stage_folder.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

// How a stage depends on another.
std::string After(const FinishedStage& stage) {
  return Concat({"after ", stage.name, " ", stage.settings, "\n"});
}

class Ablation {
 public:
  Ablation(const AblationConfig& config, TorchPlugin& plugin, const CancellationToken& cancellation,
           PhotoParts parts, PointSampler::Halves points, PromptTemplate locate,
           PromptTemplate judge, std::string data_settings)
      : config_(config),
        plugin_(plugin),
        cancellation_(cancellation),
        parts_(std::move(parts)),
        points_(std::move(points)),
        locate_(std::move(locate)),
        judge_(std::move(judge)),
        data_settings_(std::move(data_settings)) {}

  Result<AblationReport> Run() {
    std::error_code error;
    fs::create_directories(config_.run.directory, error);
    if (error) {
      return Error{ErrorCode::kUnavailable, Concat({config_.run.directory, ": ", error.message()})};
    }
    GRE_RETURN_IF_ERROR(WriteFileAtomically(Gallery(), points_.first.ToGallery()));
    GRE_ASSIGN_OR_RETURN(const FinishedStage base, MakeBase());
    GRE_RETURN_IF_ERROR(AnswerByHead(base));
    GRE_RETURN_IF_ERROR(Answer(kBaseArm, Folder("backbone"), BaseModel(), base, 0, /*fits=*/true));
    for (int seed = 1; seed <= config_.run.seeds; ++seed) {
      GRE_RETURN_IF_ERROR(RunSeed(seed, base));
    }
    return Report();
  }

 private:
  [[nodiscard]] std::string Folder(const std::string& name) const {
    return Concat({config_.run.directory, "/", name});
  }
  [[nodiscard]] std::string SeedFolder(int seed, const std::string& name) const {
    return Folder(Concat({"seed_", std::to_string(seed), "/", name}));
  }
  static std::string StageName(int seed, const std::string& what) {
    return Concat({"seed ", std::to_string(seed), ": ", what});
  }
  [[nodiscard]] std::string BaseModel() const { return Folder("backbone/base/best"); }
  [[nodiscard]] std::string Features() const { return Folder("features"); }
  // The places that may be learnt; the others score.
  [[nodiscard]] std::string Gallery() const { return Folder("gallery.csv"); }

  Result<FinishedStage> Stage(const std::string& name, const std::string& folder,
                              const std::string& settings, const std::function<Status()>& work) {
    if (cancellation_.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "interrupted; the same command goes on"};
    }
    GRE_ASSIGN_OR_RETURN(FinishedStage stage, RunStage(name, folder, settings, work));
    stages_.push_back({stage.name, stage.seconds});
    return stage;
  }

  // What a recipe and its changes say.
  static Result<std::string> SettingsOf(const AblationConfig::Recipe& recipe) {
    GRE_ASSIGN_OR_RETURN(std::string text, ReadFile(recipe.path));
    for (const std::string& line : recipe.set) text += Concat({"\n", line});
    return text + "\n";
  }

  [[nodiscard]] TrainingCall Call(const AblationConfig::Recipe& recipe, const std::string& folder,
                                  std::initializer_list<std::string> own) const {
    TrainingCall call;
    call.config_path = recipe.path;
    call.overrides = recipe.set;
    call.overrides.insert(call.overrides.end(), own);
    call.overrides.push_back(Concat({"checkpoint.directory=", folder}));
    call.overrides.push_back(Concat({"schedule.threads=", std::to_string(config_.run.threads)}));
    call.resume = true;
    return call;
  }

  // --- the backbone

  Result<FinishedStage> MakeBase() {
    std::vector<PhotoRecord> photos = parts_.cold_start;
    photos.insert(photos.end(), parts_.dev.begin(), parts_.dev.end());
    const std::string manifest = FormatPhotoManifest(photos);
    const std::string manifest_path = Folder("backbone/photos.jsonl");
    const auto backbone = [&](const AblationConfig::Recipe& recipe, const std::string& folder,
                              std::initializer_list<std::string> more) {
      TrainingCall call = Call(
          recipe, folder,
          {Concat({"data.photos=", config_.data.photos}), Concat({"data.manifest=", manifest_path}),
           Concat({"data.gallery=", Gallery()}), Concat({"data.cache=", Folder("cache")}),
           Concat({"model.backbone=", config_.data.backbone})});
      call.overrides.insert(call.overrides.end(), more);
      return call;
    };
    GRE_ASSIGN_OR_RETURN(std::string settings, SettingsOf(config_.tower));
    GRE_ASSIGN_OR_RETURN(const FinishedStage tower,
                         Stage("tower", Folder("backbone/tower"), settings + data_settings_, [&] {
                           const Status written = WriteFileAtomically(manifest_path, manifest);
                           return written.ok()
                                      ? Sft(backbone(config_.tower, Folder("backbone/tower"), {}))
                                      : written;
                         }));
    GRE_ASSIGN_OR_RETURN(settings, SettingsOf(config_.text));
    GRE_ASSIGN_OR_RETURN(
        const FinishedStage text,
        Stage("text", Folder("backbone/text"), settings + After(tower), [&] {
          return Sft(backbone(config_.text, Folder("backbone/text"),
                              {Concat({"model.tower=", Folder("backbone/tower/best")})}));
        }));
    return Stage("base", Folder("backbone/base"),
                 Concat({"positions ", std::to_string(config_.positions), "\n", After(text)}),
                 [&] { return WriteBase(Folder("backbone/text/best"), BaseModel()); });
  }

  // The model that all arms begin with: it reads chains.
  [[nodiscard]] Status WriteBase(const std::string& from, const std::string& to) const {
    std::error_code error;
    fs::create_directories(to, error);
    for (const char* name : {"model.safetensors", "tokenizer.json", "preprocessor_config.json"}) {
      fs::copy_file(Concat({from, "/", name}), Concat({to, "/", name}),
                    fs::copy_options::overwrite_existing, error);
      if (error) {
        return Error{ErrorCode::kUnavailable, Concat({to, "/", name, ": ", error.message()})};
      }
    }
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(from + "/config.json"));
    auto json = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return Error{ErrorCode::kInvalidInput, from + "/config.json: broken"};
    json["reads_chains"] = true;
    json["max_position_embeddings"] = config_.positions;
    return WriteFileAtomically(to + "/config.json", json.dump(2) + "\n");
  }

  // A stage that ends before its time is none. `updates`: of an arm; 0 where early stopping
  // decides.
  static Status WholeRun(const TrainingOutcome& outcome, size_t updates) {
    const auto done = static_cast<size_t>(outcome.updates);
    if (outcome.finished && (updates == 0 || done == updates)) return {};
    return Error{
        ErrorCode::kInvalidInput,
        Concat({outcome.directory, ": expected ",
                updates == 0 ? "the whole run" : std::to_string(updates) + " updates", ", found ",
                std::to_string(done),
                ": a schedule.max_steps in the recipe, or records that could not be used"})};
  }
  Status Sft(const TrainingCall& call, size_t updates = 0) {
    GRE_ASSIGN_OR_RETURN(const TrainingOutcome outcome, plugin_.TrainSft(call, cancellation_));
    return WholeRun(outcome, updates);
  }
  Status Grpo(const TrainingCall& call, size_t updates) {
    GRE_ASSIGN_OR_RETURN(const TrainingOutcome outcome, plugin_.TrainGrpo(call, cancellation_));
    return WholeRun(outcome, updates);
  }

  // --- the arms of a seed

  // Writes the records that an arm learns from and lets it learn.
  template <typename MakeRecords, typename Train>
  Status Learn(const std::string& arm, int seed, const AblationConfig::Recipe& recipe,
               const std::string& more, const MakeRecords& make_records, const Train& train) {
    GRE_ASSIGN_OR_RETURN(const std::string settings, SettingsOf(recipe));
    const std::string folder = SeedFolder(seed, arm);
    const auto learn = [&]() -> Status {
      GRE_ASSIGN_OR_RETURN(const std::string records, make_records());
      const std::string path = folder + "/records.jsonl";
      GRE_RETURN_IF_ERROR(WriteFileAtomically(path, records));
      return train(path, folder);
    };
    GRE_ASSIGN_OR_RETURN(learnt_[arm], Stage(StageName(seed, arm), folder, settings + more, learn));
    return {};
  }

  [[nodiscard]] TrainingCall ArmCall(const AblationConfig::Recipe& recipe, int seed,
                                     const std::string& model, const std::string& records,
                                     const std::string& folder, int batch_size) const {
    return Call(recipe, folder,
                {Concat({"model.base=", model}), Concat({"model.image_features=", Features()}),
                 Concat({"data.train=", records}), Concat({"data.root=", config_.data.photos}),
                 Concat({"schedule.seed=", std::to_string(seed)}),
                 Concat({"optim.batch_size=", std::to_string(batch_size)})});
  }

  // One pass over `updates` batches of records.
  auto Supervised(const AblationConfig::Recipe& recipe, int seed, const std::string& model,
                  size_t updates, int batch_size) {
    return [this, &recipe, seed, model, updates, batch_size](const std::string& records,
                                                             const std::string& folder) {
      TrainingCall call = ArmCall(recipe, seed, model, records, folder, batch_size);
      call.overrides.emplace_back("schedule.epochs=1");
      call.overrides.emplace_back("data.bare_answers=true");  // of the arm without chains
      return Sft(call, updates);
    };
  }

  auto Reinforced(const AblationConfig::Reinforcement& stage, const char* kind, int seed,
                  const std::string& model) {
    return
        [this, &stage, kind, seed, model](const std::string& records, const std::string& folder) {
          TrainingCall call = ArmCall(stage.recipe, seed, model, records, folder, stage.batch_size);
          call.overrides.push_back(Concat({"grpo.stage=", kind}));
          call.overrides.push_back(Concat({"grpo.updates=", std::to_string(stage.updates)}));
          call.overrides.push_back(Concat({"rewards.gallery=", Gallery()}));
          return Grpo(call, static_cast<size_t>(stage.updates));
        };
  }

  Status RunSeed(int seed, const FinishedStage& base) {
    const AblationRecords records(points_.first, locate_, judge_,
                                  HashSeed(config_.division_seed, static_cast<uint64_t>(seed)));
    learnt_.clear();
    GRE_RETURN_IF_ERROR(LearnColdStart(seed, records, base));
    GRE_ASSIGN_OR_RETURN(const FinishedStage proposed, Propose(seed));
    GRE_RETURN_IF_ERROR(LearnJudging(seed, records, proposed));
    GRE_RETURN_IF_ERROR(LearnPlaces(seed, records, "ci_2", "ci"));
    GRE_RETURN_IF_ERROR(LearnPlaces(seed, records, "ci_1_2", "ci_1"));
    GRE_RETURN_IF_ERROR(LearnPlaces(seed, records, "ci_2_sft", "ci"));
    GRE_RETURN_IF_ERROR(LearnPlaces(seed, records, "ci_1_2_sft", "ci_1_sft"));
    for (const std::string& arm : SeedArms()) {
      GRE_RETURN_IF_ERROR(Answer(StageName(seed, arm), SeedFolder(seed, arm),
                                 SeedFolder(seed, arm + "/best"), learnt_.at(arm), seed,
                                 !IsControl(arm)));
    }
    for (const std::string& arm : JudgingArms()) {
      GRE_RETURN_IF_ERROR(JudgeWith(arm, seed, records, proposed));
    }
    return {};
  }

  Status LearnColdStart(int seed, const AblationRecords& records, const FinishedStage& base) {
    const auto& cold = config_.cold_start;
    const size_t size =
        AblationRecords::ColdStartSize(parts_.cold_start.size(), cold.passes, cold.judge_share);
    const auto batch = static_cast<size_t>(cold.batch_size);
    const auto train =
        Supervised(cold.recipe, seed, BaseModel(), (size + batch - 1) / batch, cold.batch_size);
    const std::string settings =
        Concat({"seed ", std::to_string(seed), " passes ", std::to_string(cold.passes), " share ",
                FormatShortest(cold.judge_share), " batch ", std::to_string(cold.batch_size), "\n",
                After(base)});
    const auto chains = [&] {
      return records.ColdStart(parts_.cold_start, cold.passes, cold.judge_share);
    };
    const auto coordinates = [&] {
      return records.Places(parts_.cold_start, size, /*with_chain=*/false);
    };
    GRE_RETURN_IF_ERROR(Learn("ci", seed, cold.recipe, settings, chains, train));
    return Learn("ci_no_chain", seed, cold.recipe, settings, coordinates, train);
  }

  static size_t SizeOf(const AblationConfig::Reinforcement& stage) {
    return static_cast<size_t>(stage.updates) * static_cast<size_t>(stage.batch_size);
  }
  static std::string DescribeSize(const AblationConfig::Reinforcement& stage) {
    return Concat({"updates ", std::to_string(stage.updates), " batch ",
                   std::to_string(stage.batch_size), "\n"});
  }

  // Stage I and what is trained in its stead, on the same chains about the second part.
  Status LearnJudging(int seed, const AblationRecords& records, const FinishedStage& proposed) {
    const auto& stage = config_.judge;
    const std::string ci = SeedFolder(seed, "ci/best");
    const std::string settings = DescribeSize(stage) + After(proposed);
    const auto with_chains = [&](const auto& write) {
      return [&, write]() -> Result<std::string> {
        GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> all,
                             ReadCandidates(seed, "train.json", parts_.judge));
        GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> chains,
                             records.Balanced(all, SizeOf(stage)));
        return write(chains);
      };
    };
    const auto verdicts = [&](bool shuffled) {
      return with_chains([&records, shuffled](const std::vector<Candidate>& chains) {
        return records.Verdicts(chains, shuffled);
      });
    };
    const auto reinforce = Reinforced(stage, "judge", seed, ci);
    GRE_RETURN_IF_ERROR(
        Learn("ci_1", seed, stage.recipe, settings, verdicts(/*shuffled=*/false), reinforce));
    GRE_RETURN_IF_ERROR(Learn("ci_1_shuffled", seed, stage.recipe, settings,
                              verdicts(/*shuffled=*/true), reinforce));
    return Learn("ci_1_sft", seed, config_.control, settings,
                 with_chains([&](const std::vector<Candidate>& chains) {
                   return records.JudgedChains(chains);
                 }),
                 Supervised(config_.control, seed, ci, static_cast<size_t>(stage.updates),
                            stage.batch_size));
  }

  // Stage II of the arm `from`, or for a control what is trained in its stead, on the same photos.
  Status LearnPlaces(int seed, const AblationRecords& records, const std::string& arm,
                     const std::string& from) {
    const auto& stage = config_.place;
    const std::string model = SeedFolder(seed, from + "/best");
    const std::string settings = DescribeSize(stage) + After(learnt_.at(from));
    if (IsControl(arm)) {
      return Learn(
          arm, seed, config_.control, settings,
          [&] { return records.Places(parts_.place, SizeOf(stage), /*with_chain=*/true); },
          Supervised(config_.control, seed, model, static_cast<size_t>(stage.updates),
                     stage.batch_size));
    }
    return Learn(
        arm, seed, stage.recipe, settings,
        [&] { return records.Truths(parts_.place, SizeOf(stage)); },
        Reinforced(stage, "place", seed, model));
  }

  // --- asking models

  Result<std::unique_ptr<TextGenerator>> Load(const std::string& model) {
    LocalEngineOptions options;
    options.model_dir = model;
    options.num_threads = config_.run.threads;
    options.image_features_dir = Features();
    return plugin_.LoadEngine(options);
  }

  // Chains about the photos of stage I, and one about each test photo, to be judged.
  Result<FinishedStage> Propose(int seed) {
    const std::string folder = SeedFolder(seed, "candidates");
    return Stage(
        StageName(seed, "candidates"), folder,
        Concat({"candidates ", std::to_string(config_.candidates), "\nsamples ",
                std::to_string(config_.samples), "\n", After(learnt_.at("ci"))}),
        [&]() -> Status {
          GRE_ASSIGN_OR_RETURN(const auto engine, Load(SeedFolder(seed, "ci/best")));
          AblationAsker asker(*engine, config_.data.photos, locate_, static_cast<uint64_t>(seed));
          GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> train,
                               asker.Propose(parts_.judge, config_.candidates, cancellation_));
          GRE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/train.json", FormatCandidates(train)));
          GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> test,
                               asker.Propose(parts_.test, 1, cancellation_));
          GRE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/test.json", FormatCandidates(test)));
          // the vote on a candidate is of chains drawn apart
          AblationAsker voting(*engine, config_.data.photos, locate_,
                               HashSeed(static_cast<uint64_t>(seed), "voters"));
          GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> voters,
                               voting.Propose(parts_.test, config_.samples, cancellation_));
          return WriteFileAtomically(folder + "/voters.json", FormatCandidates(voters));
        });
  }

  Result<std::vector<Candidate>> ReadCandidates(int seed, const std::string& name,
                                                std::span<const PhotoRecord> photos) {
    const std::string path = SeedFolder(seed, "candidates/" + name);
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    auto candidates = ParseCandidates(text, photos);
    if (!candidates.ok()) return std::move(candidates).error().Wrap(path);
    return candidates;
  }

  // Confidences and radii are fitted on dev anew for each model that is not a control.
  Result<FinishedStage> Answer(const std::string& name, const std::string& folder,
                               const std::string& model, const FinishedStage& after, int seed,
                               bool fits) {
    const std::string to = folder + "/answers";
    return Stage(
        Concat({name, ": answers"}), to,
        Concat({"samples ", std::to_string(config_.samples), "\n", After(after)}), [&]() -> Status {
          GRE_ASSIGN_OR_RETURN(const auto engine, Load(model));
          AblationAsker asker(*engine, config_.data.photos, locate_, static_cast<uint64_t>(seed));
          ModelAnswers answers;
          AblationAsker::Fitted fitted;
          if (fits) {
            GRE_ASSIGN_OR_RETURN(fitted,
                                 asker.Fit(parts_.dev, {1, config_.samples}, cancellation_));
            answers.dev_greedy = std::move(fitted.answers[0]);
            answers.dev_sampled = std::move(fitted.answers[1]);
          }
          if (fitted.calibration) {
            GRE_RETURN_IF_ERROR(
                WriteFileAtomically(to + "/calibration.json", fitted.calibration->ToJson()));
          }
          const auto ask = [&](int samples) {
            return asker.Locate(parts_.test, samples, fitted.calibration, cancellation_);
          };
          GRE_ASSIGN_OR_RETURN(answers.test_greedy, ask(1));
          GRE_ASSIGN_OR_RETURN(answers.test_sampled, ask(config_.samples));
          return WriteFileAtomically(to + "/answers.json", FormatAnswers(answers));
        });
  }

  Status JudgeWith(const std::string& arm, int seed, const AblationRecords& records,
                   const FinishedStage& proposed) {
    const std::string to = SeedFolder(seed, arm + "/verdicts");
    const auto ask = [&]() -> Status {
      GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> candidates,
                           ReadCandidates(seed, "test.json", parts_.test));
      GRE_ASSIGN_OR_RETURN(const std::vector<Candidate> voters,
                           ReadCandidates(seed, "voters.json", parts_.test));
      GRE_ASSIGN_OR_RETURN(const auto engine, Load(SeedFolder(seed, arm + "/best")));
      AblationAsker asker(*engine, config_.data.photos, locate_, static_cast<uint64_t>(seed));
      GRE_ASSIGN_OR_RETURN(const auto verdicts,
                           asker.Judge(candidates, records, config_.samples, cancellation_));
      const std::vector<double> votes = VotesFor(candidates, voters);
      std::vector<JudgedCandidate> judged;
      for (size_t i = 0; i < candidates.size(); ++i) {
        judged.push_back(
            {candidates[i].label, verdicts[i], votes[i], candidates[i].log_probability});
      }
      return WriteFileAtomically(to + "/verdicts.json", FormatVerdicts(judged));
    };
    GRE_RETURN_IF_ERROR(Stage(StageName(seed, arm + ": verdicts"), to,
                              Concat({"samples ", std::to_string(config_.samples), "\n",
                                      After(proposed), After(learnt_.at(arm))}),
                              ask));
    return {};
  }

  // --- the country head

  Status AnswerByHead(const FinishedStage& base) {
    const std::string to = Folder("image_head/answers");
    const auto ask = [&]() -> Status {
      CountryHeadAsker asker(plugin_, BaseModel(), config_.data.photos, parts_.cold_start,
                             points_.first);
      ModelAnswers answers;
      GRE_ASSIGN_OR_RETURN(answers.dev_greedy, asker.Locate(parts_.dev, cancellation_));
      GRE_ASSIGN_OR_RETURN(answers.test_greedy, asker.Locate(parts_.test, cancellation_));
      answers.dev_sampled = answers.dev_greedy;  // it knows one answer
      answers.test_sampled = answers.test_greedy;
      return WriteFileAtomically(to + "/answers.json", FormatAnswers(answers));
    };
    GRE_RETURN_IF_ERROR(Stage("image head: answers", to, After(base), ask));
    return {};
  }

  // --- the report

  Result<ModelAnswers> ReadAnswers(const std::string& folder) const {
    const std::string path = folder + "/answers/answers.json";
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    auto answers = ParseAnswers(text, parts_.dev, parts_.test);
    if (!answers.ok()) return std::move(answers).error().Wrap(path);
    return answers;
  }

  Result<AblationReport> Report() {
    std::vector<std::string> names = {kHeadArm, kBaseArm};
    names.insert(names.end(), SeedArms().begin(), SeedArms().end());
    std::map<std::string, std::vector<ModelAnswers>> answers;
    GRE_ASSIGN_OR_RETURN(ModelAnswers head, ReadAnswers(Folder(kHeadArm)));
    answers[kHeadArm].push_back(std::move(head));
    GRE_ASSIGN_OR_RETURN(ModelAnswers base, ReadAnswers(Folder("backbone")));
    answers[kBaseArm].push_back(std::move(base));
    AblationReport report;
    for (int seed = 1; seed <= config_.run.seeds; ++seed) {
      for (const std::string& arm : SeedArms()) {
        GRE_ASSIGN_OR_RETURN(ModelAnswers of_seed, ReadAnswers(SeedFolder(seed, arm)));
        answers[arm].push_back(std::move(of_seed));
      }
      for (const std::string& arm : JudgingArms()) {
        const std::string path = SeedFolder(seed, arm + "/verdicts/verdicts.json");
        GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
        const auto judged = ParseVerdicts(text);
        if (!judged.ok()) return Error(judged.error()).Wrap(path);
        report.verdicts[arm].push_back(ScoreVerdicts(*judged));
      }
    }
    report.photos = {parts_.cold_start.size(), parts_.judge.size(), parts_.place.size(),
                     parts_.dev.size(), parts_.test.size()};
    report.seeds = config_.run.seeds;
    report.samples = config_.samples;
    report.scores = ScoreAblation(
        parts_.dev, parts_.test, names, answers, Comparisons(), [this](std::string_view country) {
          return points_.second.FixedPoints(std::string(country), kPlacesPerCountry);
        });
    report.stages = stages_;
    return report;
  }

  const AblationConfig& config_;
  TorchPlugin& plugin_;
  const CancellationToken& cancellation_;
  PhotoParts parts_;
  PointSampler::Halves points_;  // to learn from, to score with
  PromptTemplate locate_, judge_;
  std::string data_settings_;                    // what all of it is made from, by its hashes
  std::map<std::string, FinishedStage> learnt_;  // the arms of the seed in work
  std::vector<AblationReport::Stage> stages_;
};

// Hashes of what the experiment is made from.
Result<std::string> DescribeData(const AblationConfig& config, const PhotoParts& parts,
                                 const std::string& gallery, const PromptTemplate& locate,
                                 const PromptTemplate& judge) {
  Sha256 photos;
  for (const auto* part :
       {&parts.cold_start, &parts.judge, &parts.place, &parts.dev, &parts.test}) {
    photos.Update(FormatPhotoManifest(*part));
    for (const PhotoRecord& photo : *part) {
      GRE_ASSIGN_OR_RETURN(const std::string bytes,
                           ReadFile(Concat({config.data.photos, "/", photo.image})));
      photos.Update(Sha256Hex(bytes));
    }
  }
  GRE_ASSIGN_OR_RETURN(const std::string backbone, ReadFile(config.data.backbone));
  return Concat({"photos ", photos.HexDigest(), "\ngallery ", Sha256Hex(gallery), "\nbackbone ",
                 Sha256Hex(backbone), "\nprompts ", locate.hash(), " ", judge.hash(), "\ndivision ",
                 std::to_string(config.division_seed), "\n"});
}

}  // namespace

Result<AblationReport> RunAblation(const AblationConfig& config, TorchPlugin& plugin,
                                   const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> photos, ReadPhotoFolder(config.data.photos));
  GRE_ASSIGN_OR_RETURN(const std::string gallery, ReadFile(config.data.gallery));
  GRE_ASSIGN_OR_RETURN(const PointSampler points, PointSampler::FromGallery(gallery));
  GRE_ASSIGN_OR_RETURN(PromptTemplate locate, PromptTemplate::Load(config.data.locate_prompt));
  GRE_ASSIGN_OR_RETURN(PromptTemplate judge, PromptTemplate::Load(config.data.judge_prompt));
  PhotoParts parts = DivideForAblation(photos, config.shares, config.division_seed);
  const std::string sizes = Concat(
      {std::to_string(parts.cold_start.size()), " photos for the cold start, ",
       std::to_string(parts.judge.size()), " for stage I, ", std::to_string(parts.place.size()),
       " for stage II, ", std::to_string(parts.dev.size()), " dev, ",
       std::to_string(parts.test.size()), " test"});
  for (const auto* part :
       {&parts.cold_start, &parts.judge, &parts.place, &parts.dev, &parts.test}) {
    if (!part->empty()) continue;
    return Error{ErrorCode::kInvalidInput,
                 Concat({config.data.photos, ": expected photos for every part, found ", sizes})};
  }
  LogInfo(Concat({"ablation: ", sizes, "\n", config.Describe()}));
  GRE_ASSIGN_OR_RETURN(std::string data, DescribeData(config, parts, gallery, locate, judge));
  Ablation ablation(config, plugin, cancellation, std::move(parts),
                    points.Divide(config.division_seed), std::move(locate), std::move(judge),
                    std::move(data));
  return ablation.Run();
}

}  // namespace gre
