#include "experiment/ablation.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/photo_folder.h"
#include "dataset/teacher/attribute_chain.h"
#include "experiment/ablation_files.h"
#include "experiment/ablation_records.h"
#include "experiment/stage_folder.h"
#include "generation/scripted_generator.h"
#include "image/encode.h"
#include "knowledge/country_facts.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

PhotoRecord Photo(const std::string& image, PhotoSplit split, const std::string& country,
                  PhotoKind kind = PhotoKind::kStreet) {
  PhotoRecord photo;
  photo.image = image;
  photo.kind = kind;
  photo.split = split;
  photo.country_code = country;
  return photo;
}

std::set<std::string> Images(const std::vector<PhotoRecord>& photos) {
  std::set<std::string> images;
  for (const PhotoRecord& photo : photos) images.insert(photo.image);
  return images;
}

TEST(PhotoDivisionTest, PartsShareNoPhotoAndKeepTheirSharesOfEachKind) {
  std::vector<PhotoRecord> photos;
  for (int i = 0; i < 400; ++i) {
    const PhotoKind kind = i % 4 == 0 ? PhotoKind::kTravel : PhotoKind::kStreet;
    const PhotoSplit split = i < 360   ? PhotoSplit::kTrain
                             : i < 380 ? PhotoSplit::kDev
                                       : PhotoSplit::kTest;
    photos.push_back(Photo(std::to_string(i), split, "FR", kind));
  }
  const PhotoParts parts = DivideForAblation(photos, {0.5, 0.25}, 7);
  EXPECT_EQ(parts.cold_start.size(), 180);
  EXPECT_EQ(std::ranges::count(parts.cold_start, PhotoKind::kTravel, &PhotoRecord::kind), 45);
  std::set<std::string> all;
  size_t sum = 0;
  for (const auto* part :
       {&parts.cold_start, &parts.judge, &parts.place, &parts.dev, &parts.test}) {
    all.merge(Images(*part));
    sum += part->size();
  }
  EXPECT_EQ(all.size(), sum);
  EXPECT_EQ(sum, 400);

  EXPECT_EQ(Images(DivideForAblation(photos, {0.5, 0.25}, 7).judge), Images(parts.judge));
  EXPECT_NE(Images(DivideForAblation(photos, {0.5, 0.25}, 8).judge), Images(parts.judge));
}

TEST(StageFolderTest, AStageIsDoneOnceAndNotWithOtherSettings) {
  const TemporaryFolder folder;
  int calls = 0;
  Status result = Error{ErrorCode::kUnavailable, "disk full"};
  const auto run = [&](const std::string& settings) {
    return RunStage("ci", folder / "ci", settings, [&] {
      ++calls;
      return result;
    });
  };
  EXPECT_EQ(run("a").error().message, "disk full");
  EXPECT_THAT(run("b").error().message, HasSubstr("with other settings or data"));
  EXPECT_EQ(calls, 1);
  result = {};
  EXPECT_TRUE(run("a").ok());
  EXPECT_TRUE(run("a").ok());
  EXPECT_EQ(calls, 2);
}

TEST(AblationConfigTest, TheRecipeThatIsShippedIsRead) {
  const std::string root = GRE_SOURCE_DIR;
  std::vector<std::string> paths = {"data.photos=" + root, "data.gallery=" + root,
                                    "data.backbone=" + root};
  for (const auto& [key, file] : std::initializer_list<std::pair<const char*, const char*>>{
           {"data.locate_prompt", "/prompts/gre.prompt"},
           {"data.judge_prompt", "/prompts/judge.prompt"},
           {"tower.recipe", "/recipes/nano_tower.toml"},
           {"text.recipe", "/recipes/nano.toml"},
           {"cold_start.recipe", "/recipes/qwen-lora.toml"},
           {"judge.recipe", "/recipes/grpo-lora.toml"},
           {"place.recipe", "/recipes/grpo-lora.toml"},
           {"control.recipe", "/recipes/qwen-lora.toml"}}) {
    paths.push_back(Concat({key, "=", root, file}));
  }
  const std::string recipe = root + "/recipes/ablation.toml";
  const auto config = AblationConfig::Load(recipe, paths);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->judge.batch_size, 8);
  EXPECT_THAT(config->Describe(), HasSubstr("cold_start.judge_share = 0.15\n"));

  paths.emplace_back("judge.updates=0");
  EXPECT_THAT(AblationConfig::Load(recipe, paths).error().message,
              HasSubstr("judge.updates: expected 1 to"));
  paths.back() = "judge.update=5";
  EXPECT_THAT(AblationConfig::Load(recipe, paths).error().message, HasSubstr("judge.update"));
}

// Prompts and points for records.
class AblationRecordsTest : public ::testing::Test {
 protected:
  AblationRecordsTest()
      : points_(
            {{"FR", {{48.9, 2.4}, {43.3, 5.4}}}, {"DE", {{52.5, 13.4}}}, {"PE", {{-12.0, -77.0}}}}),
        locate_(PromptTemplate::Parse("[user]\nWhere? {{area}}\n").value()),
        judge_(PromptTemplate::Parse("[user]\n{{chain}}\n{{answer}} {{criterion}}?\n").value()),
        records_(points_, locate_, judge_, 3) {
    for (const char* country : {"FR", "DE", "PE"}) {
      for (int i = 0; i < 10; ++i) {
        photos_.push_back(Photo(country + std::to_string(i) + ".jpg", PhotoSplit::kTrain, country));
      }
    }
  }

  static std::vector<Json> Lines(const Result<std::string>& text) {
    std::vector<Json> lines;
    EXPECT_TRUE(text.ok()) << text.error().message;
    std::istringstream stream(text.ok() ? *text : "");
    for (std::string line; std::getline(stream, line);) lines.push_back(ParseJson(line).value());
    return lines;
  }
  static std::string Said(const Json& record, size_t turn) {
    return record["conversations"][turn]["value"].get<std::string>();
  }

  PointSampler points_;
  PromptTemplate locate_, judge_;
  AblationRecords records_;
  std::vector<PhotoRecord> photos_;
};

TEST_F(AblationRecordsTest, TheColdStartHoldsTheShareOfVerdictsAndEachIsTrueToItsClaim) {
  const std::vector<Json> lines = Lines(records_.ColdStart(photos_, 4, 0.25));
  ASSERT_EQ(lines.size(), AblationRecords::ColdStartSize(photos_.size(), 4, 0.25));
  EXPECT_EQ(lines.size(), 160);
  std::map<std::string, int> places;
  int verdicts = 0, right = 0;
  for (const Json& line : lines) {
    const std::string reply = Said(line, 1);
    const Country& country = *FindCountry(line["country_code"].get<std::string>());
    EXPECT_THAT(reply, HasSubstr(CountryPhrase(country)));  // the truth, whatever was claimed
    if (reply.find("<answer>True") == reply.npos && reply.find("<answer>False") == reply.npos) {
      ++places[line["image"].get<std::string>()];
      continue;
    }
    ++verdicts;
    const bool claims_the_truth = Said(line, 0).find(CountryPhrase(country)) != std::string::npos;
    EXPECT_EQ(reply.ends_with("<answer>True</answer>"), claims_the_truth) << Said(line, 0);
    right += claims_the_truth ? 1 : 0;
  }
  EXPECT_EQ(verdicts, 40);
  EXPECT_GT(right, 10);
  EXPECT_LT(right, 30);
  EXPECT_EQ(places.size(), photos_.size());
  for (const auto& [image, count] : places) EXPECT_EQ(count, 4) << image;
  EXPECT_EQ(*records_.ColdStart(photos_, 4, 0.25), *records_.ColdStart(photos_, 4, 0.25));
}

TEST_F(AblationRecordsTest, ShuffledLabelsAreTheSameLabelsElsewhere) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < photos_.size(); ++i) {
    const std::string reply = AttributeReply(PhotoKind::kStreet, *FindCountry("FR"), {48.9, 2.4});
    candidates.push_back({&photos_[i], reply, photos_[i].country_code == "FR", -1});
  }
  const auto labels = [&](bool shuffled) {
    std::vector<std::string> found;
    for (const Json& line : Lines(records_.Verdicts(candidates, shuffled))) {
      found.push_back(Said(line, 1));
    }
    return found;
  };
  std::vector<std::string> straight = labels(false), shuffled = labels(true);
  for (size_t i = 0; i < straight.size(); ++i) {
    EXPECT_EQ(straight[i], candidates[i].label ? "True" : "False");
  }
  EXPECT_NE(straight, shuffled);
  std::ranges::sort(straight);
  std::ranges::sort(shuffled);
  EXPECT_EQ(straight, shuffled);
}

TEST_F(AblationRecordsTest, AControlSeesItsPhotosInRoundsAndCoordinatesAlone) {
  std::map<std::string, int> counts;
  for (const Json& line : Lines(records_.Places(photos_, 65, /*with_chain=*/false))) {
    ++counts[line["image"].get<std::string>()];
    EXPECT_THAT(Said(line, 1), ::testing::MatchesRegex("<answer>-?[0-9.]+, -?[0-9.]+</answer>"));
  }
  for (const auto& [image, count] : counts) {
    EXPECT_GE(count, 2) << image;
    EXPECT_LE(count, 3) << image;
  }
}

TEST_F(AblationRecordsTest, ChainsToBeJudgedAreRightAndWrongInTurn) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < photos_.size(); ++i) {
    candidates.push_back({&photos_[i], std::to_string(i), i % 10 == 0, -1});  // 3 of 30 are right
  }
  const auto balanced = records_.Balanced(candidates, 24);
  ASSERT_TRUE(balanced.ok()) << balanced.error().message;
  std::map<std::string, int> right, wrong;
  for (const Candidate& candidate : *balanced) {
    ++(candidate.label ? right : wrong)[candidate.reply];
  }
  EXPECT_EQ(right.size(), 3);
  for (const auto& [reply, count] : right) EXPECT_EQ(count, 4) << reply;
  EXPECT_EQ(wrong.size(), 12);  // none twice while there are others

  const auto refused = records_.Balanced(std::span(candidates).subspan(1, 5), 24);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("found 0 and 5"));
}

TEST_F(AblationRecordsTest, StageTwoAndItsControlSeeTheSamePhotos) {
  std::multiset<std::string> truths, places;
  for (const Json& line : Lines(records_.Truths(photos_, 17))) {
    truths.insert(line["image"].get<std::string>());
  }
  for (const Json& line : Lines(records_.Places(photos_, 17, /*with_chain=*/true))) {
    places.insert(line["image"].get<std::string>());
  }
  EXPECT_EQ(truths.size(), 17);
  EXPECT_EQ(truths, places);
}

TEST(AblationScoresTest, VerdictsAreRankedAgainstTheVoteAndTheLogProbability) {
  const PhotoRecord photo = Photo("a", PhotoSplit::kTest, "FR");
  const PhotoRecord other = Photo("b", PhotoSplit::kTest, "DE");
  const std::string france = "<answer>48.9, 2.4</answer>", germany = "<answer>52.5, 13.4</answer>";
  const std::vector<Candidate> candidates = {{&photo, france, true, -0.1},
                                             {&other, france, false, -0.1}};
  const std::vector<Candidate> voters = {{&photo, france, true, 0},
                                         {&photo, germany, false, 0},
                                         {&other, germany, true, 0},
                                         {&other, germany, true, 0}};
  const std::vector<double> votes = VotesFor(candidates, voters);
  EXPECT_THAT(votes, ElementsAre(0.5, 0));
  const std::vector<JudgedCandidate> judged = {{true, {3, 5, 0, 0.2}, votes[0], -0.1},
                                               {false, {8, 0, 0, 1.0}, votes[1], -0.1}};
  const auto read = ParseVerdicts(FormatVerdicts(judged));
  ASSERT_TRUE(read.ok()) << read.error().message;
  const VerdictScores scores = ScoreVerdicts(*read);
  EXPECT_EQ(scores.auroc, 0);
  EXPECT_EQ(scores.vote_auroc, 1);
  EXPECT_EQ(scores.less_vote.high, -1);
  EXPECT_EQ(scores.log_probability_auroc, 0.5);
  EXPECT_EQ(scores.mixed, 0.5);
  EXPECT_EQ(scores.right, 1);
  for (const char* broken : {"[]", "{}", R"([{"label": 1}])"}) {
    EXPECT_FALSE(ParseVerdicts(broken).ok()) << broken;
  }
}

TEST(AblationFilesTest, AnswersAreOfThePhotosOfTheExperiment) {
  const std::vector<PhotoRecord> test = {Photo("a", PhotoSplit::kTest, "FR"),
                                         Photo("b", PhotoSplit::kTest, "DE")};
  ModelAnswers answers;
  for (const char* id : {"a", "b"}) {
    Prediction prediction;
    prediction.id = id;
    answers.test_greedy.push_back(prediction);
  }
  answers.test_sampled = answers.test_greedy;
  EXPECT_TRUE(ParseAnswers(FormatAnswers(answers), {}, test).ok());
  answers.test_sampled.pop_back();
  const auto refused = ParseAnswers(FormatAnswers(answers), {}, test);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("'test_sampled' the 2 photos"));
}

// A plugin whose models answer every photo of one country rightly, the more countries the longer
// they learnt; what it was asked to train is kept.
class FakePlugin : public TorchPlugin {
 public:
  using Settings = std::map<std::string, std::string>;
  std::vector<std::string> trained;          // checkpoint.directory of each call
  std::map<std::string, Settings> settings;  // of the last call with that directory
  size_t fail_at = 0;                        // the call that ends in an error; 0 = none

  Result<TrainingOutcome> TrainSft(const TrainingCall& call, const CancellationToken&) override {
    Settings own = SettingsOf(call);
    int64_t updates = 7;
    if (own.contains("data.train")) {
      const std::string records = ReadFile(own["data.train"]).value();
      const auto count = std::ranges::count(records, '\n');
      const auto batch = std::stoll(own["optim.batch_size"]);
      updates = (count + batch - 1) / batch;
    }
    return Train(std::move(own), call.resume, updates);
  }
  Result<TrainingOutcome> TrainGrpo(const TrainingCall& call, const CancellationToken&) override {
    Settings own = SettingsOf(call);
    const int64_t updates = std::stoll(own["grpo.updates"]);
    return Train(std::move(own), call.resume, updates - missing_updates);
  }
  int64_t missing_updates = 0;
  Result<std::unique_ptr<TextGenerator>> LoadEngine(const LocalEngineOptions& options) override {
    const bool knows = options.model_dir.find("ci_2/") != std::string::npos;
    return std::unique_ptr<TextGenerator>(std::make_unique<ScriptedGenerator>(
        [knows](const GenerationRequest& request, int sample) -> Result<std::string> {
          if (request.messages.back().content.back().text.find("right?") != std::string::npos) {
            return std::string(sample % 2 == 0 ? "<think>x</think><answer>True</answer>"
                                               : "<think>x</think><answer>False</answer>");
          }
          // the photo's name begins with its country
          const bool france = request.id.find("FR") != std::string::npos;
          return std::string(knows && !france ? "<think>x</think><answer>52.5, 13.4</answer>"
                                              : "<think>x</think><answer>48.9, 2.4</answer>");
        }));
  }
  Result<std::vector<std::vector<float>>> ReadCountryBeliefs(const std::string&,
                                                             const std::vector<std::string>& photos,
                                                             const CancellationToken&) override {
    return std::vector<std::vector<float>>(photos.size(), {0.9F, 0.1F});  // DE, FR
  }
  Result<std::unique_ptr<Embedder>> LoadEmbedder(const EmbedderOptions&) override { return No(); }
  Result<std::unique_ptr<ImageTextEmbedder>> LoadImageTextEmbedder(
      const EmbedderOptions&) override {
    return No();
  }
  Result<std::string> InspectModel(const std::string&, bool) override { return No(); }
  Result<TrainingPlan> PlanTraining(const std::string&, const std::vector<std::string>&,
                                    const TrainingPlanOptions&, const CancellationToken&) override {
    return No();
  }
  Result<std::vector<std::string>> ExportTraining(const std::string&,
                                                  const std::vector<std::string>&,
                                                  const std::string&, const std::string&,
                                                  const CancellationToken&) override {
    return No();
  }
  std::string DescribeRuntime() override { return "{}"; }

 private:
  static Error No() { return {ErrorCode::kUnavailable, "not in this test"}; }

  static Settings SettingsOf(const TrainingCall& call) {
    Settings own;
    for (const std::string& setting : call.overrides) {
      const size_t equals = setting.find('=');
      own[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    return own;
  }

  Result<TrainingOutcome> Train(Settings own, bool resume, int64_t updates) {
    const std::string folder = own["checkpoint.directory"];
    EXPECT_TRUE(resume);
    trained.push_back(folder);
    settings[folder] = std::move(own);
    if (trained.size() == fail_at) return Error{ErrorCode::kCancelled, "stopped"};
    std::filesystem::create_directories(folder + "/best");
    for (const char* name : {"model.safetensors", "tokenizer.json", "preprocessor_config.json"}) {
      std::ofstream(folder + "/best/" + name) << "weights";
    }
    std::ofstream(folder + "/best/config.json") << R"({"reads_chains": false})";
    TrainingOutcome outcome;
    outcome.directory = folder;
    outcome.finished = true;
    outcome.updates = updates;
    return outcome;
  }
};

class AblationTest : public ::testing::Test {
 protected:
  AblationTest() {
    std::filesystem::create_directories(folder_ / "photos/set");
    std::string splits = "file,split,kind\n";
    std::string labels = "file,country,lat,lon,precision\n";
    RgbImage image{8, 8, std::vector<uint8_t>(size_t{8} * 8 * 3, 100)};
    const std::string bytes = EncodePng(image).value();
    for (int i = 0; i < 48; ++i) {
      const bool france = i % 2 == 0;
      const std::string name = (france ? "FR" : "DE") + std::to_string(i) + ".png";
      splits += "set/" + name +
                (i < 24   ? ",train,street\n"
                 : i < 36 ? ",dev,street\n"
                          : ",test,street\n");
      labels += name + (france ? ",France,,," : ",Germany,,,") + "country\n";
      std::ofstream(folder_ / ("photos/set/" + name), std::ios::binary) << bytes;
    }
    Write("photos/splits.csv", splits);
    Write("photos/set/labels.csv", labels);
    Write("gallery.csv", "LAT,LON\n48.9,2.4\n43.6,1.4\n52.5,13.4\n");
    Write("recipe.toml", "");
    Write("locate.prompt", "[user]\nWhere? {{area}}\n");
    Write("judge.prompt", "[user]\n{{chain}} {{answer}} {{criterion}}?\n");
    const std::string any = folder_ / "recipe.toml";
    config_.data = {folder_ / "photos", folder_ / "gallery.csv", any, folder_ / "locate.prompt",
                    folder_ / "judge.prompt"};
    config_.run = {folder_ / "run", 2, 1};
    for (auto* recipe : {&config_.tower, &config_.text, &config_.cold_start.recipe,
                         &config_.judge.recipe, &config_.place.recipe, &config_.control}) {
      recipe->path = any;
    }
    config_.judge.updates = config_.place.updates = 2;
    config_.judge.batch_size = 2;
    config_.place.batch_size = 4;
    config_.samples = 2;
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  TemporaryFolder folder_;
  AblationConfig config_;
  FakePlugin plugin_;
  CancellationToken never_;
};

TEST_F(AblationTest, InterruptedItGoesOnWhereItWasAndDoesNothingTwice) {
  plugin_.fail_at = 7;
  const auto stopped = RunAblation(config_, plugin_, never_);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled) << stopped.error().message;
  const std::string interrupted = plugin_.trained.back();
  plugin_.fail_at = 0;
  const auto report = RunAblation(config_, plugin_, never_);
  ASSERT_TRUE(report.ok()) << report.error().message;
  std::map<std::string, int> calls;
  for (const std::string& stage : plugin_.trained) ++calls[stage];
  EXPECT_EQ(calls.size(), 2 + 2 * 9);
  for (const auto& [stage, count] : calls) EXPECT_EQ(count, stage == interrupted ? 2 : 1) << stage;

  const size_t before = plugin_.trained.size();
  ASSERT_TRUE(RunAblation(config_, plugin_, never_).ok());
  EXPECT_EQ(plugin_.trained.size(), before);

  config_.place.updates = 3;  // of later arms: what stands before stays done
  const auto longer = RunAblation(config_, plugin_, never_);
  ASSERT_FALSE(longer.ok());
  EXPECT_THAT(longer.error().message, HasSubstr("seed_1/ci_2: the stage"));
  config_.place.updates = 2;
  Write("gallery.csv", "LAT,LON\n48.9,2.4\n43.6,1.4\n52.5,13.4\n53.6,10.0\n");
  const auto other = RunAblation(config_, plugin_, never_);
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("begun with other settings or data"));
}

// Every arm learns from its own part of the photos, from the model it shall go on from, as long as
// its control.
TEST_F(AblationTest, ArmsAreWiredAsTheyAreDescribed) {
  ASSERT_TRUE(RunAblation(config_, plugin_, never_).ok());
  const PhotoParts parts = DivideForAblation(ReadPhotoFolder(config_.data.photos).value(),
                                             config_.shares, config_.division_seed);
  const std::string run = config_.run.directory + "/seed_2/";
  struct Wiring {
    std::string arm, from;
    const std::vector<PhotoRecord>* part;
    std::string same_photos_as;
  };
  const std::string base = config_.run.directory + "/backbone/base/best";
  for (const Wiring& wiring :
       std::initializer_list<Wiring>{{"ci", base, &parts.cold_start, "ci"},
                                     {"ci_no_chain", base, &parts.cold_start, "ci_no_chain"},
                                     {"ci_1", run + "ci/best", &parts.judge, "ci_1_sft"},
                                     {"ci_1_shuffled", run + "ci/best", &parts.judge, "ci_1"},
                                     {"ci_1_sft", run + "ci/best", &parts.judge, "ci_1"},
                                     {"ci_2", run + "ci/best", &parts.place, "ci_2_sft"},
                                     {"ci_2_sft", run + "ci/best", &parts.place, "ci_2"},
                                     {"ci_1_2", run + "ci_1/best", &parts.place, "ci_2"},
                                     {"ci_1_2_sft", run + "ci_1_sft/best", &parts.place, "ci_2"}}) {
    FakePlugin::Settings& own = plugin_.settings.at(run + wiring.arm);
    EXPECT_EQ(own["model.base"], wiring.from) << wiring.arm;
    EXPECT_EQ(own["schedule.seed"], "2") << wiring.arm;
    const auto photos_of = [&](const std::string& arm) {
      std::multiset<std::string> images;
      std::istringstream records(ReadFile(run + arm + "/records.jsonl").value());
      for (std::string line; std::getline(records, line);) {
        images.insert(ParseJson(line).value()["image"].get<std::string>());
      }
      return images;
    };
    const std::multiset<std::string> images = photos_of(wiring.arm);
    const std::set<std::string> allowed = Images(*wiring.part);
    for (const std::string& image : images) EXPECT_TRUE(allowed.contains(image)) << wiring.arm;
    EXPECT_EQ(images, photos_of(wiring.same_photos_as)) << wiring.arm;
  }
  // what may be learnt of a country is not what scores it
  const std::string learnt = ReadFile(config_.run.directory + "/gallery.csv").value();
  EXPECT_EQ(plugin_.settings.at(run + "ci_2")["rewards.gallery"],
            config_.run.directory + "/gallery.csv");
  EXPECT_EQ((learnt.find("48.9,2.4") != learnt.npos) + (learnt.find("43.6,1.4") != learnt.npos), 1);
}

TEST_F(AblationTest, AnArmThatLearntLessThanItShouldIsNotKept) {
  plugin_.missing_updates = 1;
  const auto stopped = RunAblation(config_, plugin_, never_);
  ASSERT_FALSE(stopped.ok());
  EXPECT_THAT(stopped.error().message, HasSubstr("seed_1/ci_1: expected 2 updates, found 1"));
  plugin_.missing_updates = 0;
  EXPECT_TRUE(RunAblation(config_, plugin_, never_).ok());
}

TEST_F(AblationTest, AnArmThatKnowsMoreIsBetterByAPairedInterval) {
  const auto report = RunAblation(config_, plugin_, never_);
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto country = [&](const std::string& name) {
    for (const AblationScores::Arm& arm : report->scores.arms) {
      for (const auto& figure : arm.greedy) {
        if (arm.name == name && figure.metric == "street country") return figure.estimate.value;
      }
    }
    return std::nan("");
  };
  EXPECT_EQ(country("image_head"), 0.5);
  EXPECT_EQ(country("ci"), 0.5);
  EXPECT_EQ(country("ci_2"), 1);
  bool met = false;
  for (const auto& difference : report->scores.differences) {
    if (difference.arm != "ci_2" || difference.base != "ci_2_sft" ||
        difference.decoding != "sampled" || difference.metric != "street geoscore") {
      continue;
    }
    met = true;
    EXPECT_EQ(difference.estimate.records, 12);
    EXPECT_GT(difference.estimate.low, 0);
    EXPECT_LT(difference.p_value, 0.05);
    ASSERT_EQ(difference.by_seed.size(), 2);
    EXPECT_GT(difference.by_seed[1], 0);
  }
  EXPECT_TRUE(met);
  const std::vector<VerdictScores>& verdicts = report->verdicts.at("ci_1");
  ASSERT_EQ(verdicts.size(), 2);
  EXPECT_EQ(verdicts[0].mixed, 1);  // every second verdict is True
}

}  // namespace
}  // namespace gre
