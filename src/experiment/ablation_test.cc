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
  const VerdictScores scores = ScoreVerdicts(candidates, {{3, 5, 0, 0.2}, {8, 0, 0, 1.0}}, votes);
  EXPECT_EQ(scores.auroc, 0);
  EXPECT_EQ(scores.majority_auroc, 1);
  EXPECT_EQ(scores.log_probability_auroc, 0.5);
  EXPECT_EQ(scores.mixed, 0.5);
  EXPECT_EQ(scores.right, 1);

  const auto read = ParseVerdictScores(FormatVerdictScores(scores));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->majority_auroc, 1);
  EXPECT_EQ(read->candidates, 2);
  EXPECT_FALSE(ParseVerdictScores("{}").ok());
}

// A plugin whose models answer every photo of one country rightly, the more countries the longer
// they learnt; what it was asked to train is counted.
class FakePlugin : public TorchPlugin {
 public:
  std::vector<std::string> trained;  // checkpoint.directory of each call
  size_t fail_at = 0;                // the call that ends in an error; 0 = none

  Result<TrainingOutcome> TrainSft(const TrainingCall& call, const CancellationToken&) override {
    return Train(call);
  }
  Result<TrainingOutcome> TrainGrpo(const TrainingCall& call, const CancellationToken&) override {
    return Train(call);
  }
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
          return std::string(knows && !france ? "<answer>52.5, 13.4</answer>"
                                              : "<answer>48.9, 2.4</answer>");
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

  Result<TrainingOutcome> Train(const TrainingCall& call) {
    std::string folder;
    for (const std::string& setting : call.overrides) {
      constexpr std::string_view kKey = "checkpoint.directory=";
      if (setting.starts_with(kKey)) folder = setting.substr(kKey.size());
    }
    EXPECT_TRUE(call.resume);
    trained.push_back(folder);
    if (trained.size() == fail_at) return Error{ErrorCode::kCancelled, "stopped"};
    std::filesystem::create_directories(folder + "/best");
    for (const char* name : {"model.safetensors", "tokenizer.json", "preprocessor_config.json"}) {
      std::ofstream(folder + "/best/" + name) << "weights";
    }
    std::ofstream(folder + "/best/config.json") << R"({"reads_chains": false})";
    return TrainingOutcome{};
  }
};

class AblationTest : public ::testing::Test {
 protected:
  AblationTest() {
    std::filesystem::create_directories(folder_ / "photos/set");
    std::string splits = "file,split,kind\n";
    std::string labels = "file,country,lat,lon,precision\n";
    RgbImage image{8, 8, std::vector<uint8_t>(8 * 8 * 3, 100)};
    const std::string bytes = EncodePng(image).value();
    for (int i = 0; i < 36; ++i) {
      const bool france = i % 2 == 0;
      const std::string name = (france ? "FR" : "DE") + std::to_string(i) + ".png";
      splits += "set/" + name +
                (i < 12   ? ",train,street\n"
                 : i < 24 ? ",dev,street\n"
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
    for (auto* stage : {&config_.tower, &config_.text, &config_.cold_start, &config_.judge,
                        &config_.place, &config_.control}) {
      stage->recipe = any;
      stage->updates = 2;
      stage->batch_size = 4;
    }
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
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  const std::string interrupted = plugin_.trained.back();
  plugin_.fail_at = 0;
  const auto report = RunAblation(config_, plugin_, never_);
  ASSERT_TRUE(report.ok()) << report.error().message;
  std::map<std::string, int> calls;
  for (const std::string& stage : plugin_.trained) ++calls[stage];
  EXPECT_EQ(calls.size(), 2 + 2 * 8);
  for (const auto& [stage, count] : calls) EXPECT_EQ(count, stage == interrupted ? 2 : 1) << stage;

  const size_t before = plugin_.trained.size();
  ASSERT_TRUE(RunAblation(config_, plugin_, never_).ok());
  EXPECT_EQ(plugin_.trained.size(), before);

  config_.passes = 1;
  const auto other = RunAblation(config_, plugin_, never_);
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("begun with other settings or data"));
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
  }
  EXPECT_TRUE(met);
  const std::vector<VerdictScores>& verdicts = report->verdicts.at("ci_1");
  ASSERT_EQ(verdicts.size(), 2);
  EXPECT_EQ(verdicts[0].mixed, 1);  // every second verdict is True
}

}  // namespace
}  // namespace gre
