#include "dataset/export/exporter.h"

#include <filesystem>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/export/image_placer.h"
#include "dataset/photo_records.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPrompt[] =
    "[system]\nBe exact.\n[user]\nWhere is this?{{#area}} In {{area}}.{{/area}}\n";
constexpr char kJudge[] =
    "[user]\nIs it right?{{#chain}}\n{{chain}}{{/chain}}{{#answer}}\n{{answer}}{{/answer}}\nRight: "
    "{{criterion}}\n";
constexpr char kReply[] =
    "<think>\n1. [text] signs => Paris\n</think>\n<answer>48.85, 2.35</answer>";

// A dataset with four photos: one of each part and a second reply of CoT in another form.
class ExportTest : public ::testing::Test {
 protected:
  void Fill(const std::string& store = "") {
    auto made = Dataset::Create({folder_ / "data", store});
    ASSERT_TRUE(made.ok()) << made.error().message;
    dataset_.emplace(std::move(*made));
    PhotoTable photos(dataset_->database());
    ReplyTable replies(dataset_->database());
    EntryTable entries(dataset_->database());
    AddPhoto(photos, "paris.jpg", "a", [](Photo& photo) {
      photo.point = LatLng{48.8584, 2.2945};
      photo.country_code = "FR";
      photo.kind = "travel";
      photo.author = "Ann";
      photo.licence = "CC0";
      photo.extra = R"({"zip":"75007","address":{"street":"Quai"},"image":"ignored"})";
    });
    AddPhoto(photos, "sub/rome", "a", [](Photo& photo) {
      photo.country_code = "IT";
      photo.kind = "street";
      photo.author = "Ann";
    });
    AddPhoto(photos, "seed1", "b", [](Photo& photo) {
      photo.point = LatLng{35, 135.5};
      photo.country_code = "JP";
      photo.author = "Bob";
    });
    AddPhoto(photos, "seed2.jpg", "b", [](Photo& photo) { photo.country_code = "PE"; });
    AddPhoto(photos, "bad.jpg", "b", [](Photo&) {});
    ASSERT_TRUE(photos.AddFinding({5, "check", "unreadable", true, "no picture"}).ok());
    ASSERT_TRUE(replies.AddTeacher({"gpt", "recorded", "gpt-4.1"}).ok());
    ASSERT_TRUE(replies.AddTeacher({"old", "imported", ""}).ok());
    ASSERT_TRUE(replies.AddPrompt("aa", "gre", kPrompt).ok());
    ASSERT_TRUE(replies.AddPrompt("bb", "imported", "Tell {{me}}.\n[user]").ok());
    AddReply(replies, "gpt", 1, 0, "aa", kReply, {48.85, 2.35});
    AddReply(replies, "gpt", 1, 1, "",
             R"({"reasoning":{"text_and_signage":"A sign in French"},)"
             R"("latitude":48.8,"longitude":2.3})",
             {48.8, 2.3});
    AddReply(replies, "old", 2, 0, "bb", "<think>\npines\n</think>\n<answer>41.9, 12.5</answer>",
             {41.9, 12.5});
    const auto replace = [&](DataPart part, const std::vector<DataEntry>& list) {
      ASSERT_TRUE(Replace(entries, part, list).ok());
    };
    replace(DataPart::kCot, {Entry(DataPart::kCot, 1, 1), Entry(DataPart::kCot, 1, 2)});
    DataEntry judge = Entry(DataPart::kJudge, 2, 3);
    judge.label = true;
    judge.band = "in_country";
    replace(DataPart::kJudge, {judge});
    DataEntry dev = Entry(DataPart::kSeed, 4, 0);
    dev.split = "dev";
    replace(DataPart::kSeed, {Entry(DataPart::kSeed, 3, 0), dev});
  }

  static Status Replace(EntryTable& entries, DataPart part, const std::vector<DataEntry>& list) {
    return entries.Replace(part, [&](const EntryTable::AddEntry& add) -> Status {
      for (const DataEntry& entry : list) GRE_RETURN_IF_ERROR(add(entry));
      return {};
    });
  }

  static DataEntry Entry(DataPart part, int64_t photo, int64_t reply) {
    DataEntry entry;
    entry.part = part;
    entry.photo = photo;
    entry.reply = reply;
    return entry;
  }

  template <typename Change>
  void AddPhoto(PhotoTable& photos, const std::string& id, const std::string& source,
                const Change& change) {
    const std::string bytes = "picture of " + id;
    Photo photo;
    photo.id = id;
    photo.source = source;
    photo.presence = PhotoPresence::kPresent;
    photo.sha256 = Sha256Hex(bytes);
    photo.extension = "jpg";
    change(photo);
    ASSERT_TRUE(dataset_->images().Add(photo.sha256, photo.extension, bytes).ok());
    ASSERT_TRUE(photos.Add(photo).ok());
  }

  static void AddReply(ReplyTable& replies, const std::string& teacher, int64_t photo,
                       int64_t sample, const std::string& prompt_hash, const std::string& text,
                       const LatLng& point) {
    Reply reply;
    reply.teacher = teacher;
    reply.photo = photo;
    reply.sample = sample;
    reply.prompt_hash = prompt_hash;
    reply.text = reply.content_key = text;
    reply.point = point;
    reply.reading = ReplyReading::kOk;
    const auto stored = replies.StoreUnasked(ReplyPurpose::kChain, reply);
    ASSERT_TRUE(stored.ok()) << stored.error().message;
  }

  Result<ExportSummary> Export(ExportOptions options) {
    if (options.out.empty()) options.out = folder_ / "out";
    const auto prompt = PromptTemplate::Parse(kPrompt);
    const auto judge = PromptTemplate::Parse(kJudge);
    return ExportDataset(*dataset_, options,
                         {.prompt = *prompt,
                          .judge = *judge,
                          .cancellation = cancellation_,
                          .card = [](const ExportSummary&, const CardTables&) { return "card"; }});
  }

  std::string Read(const std::string& name) const {
    const auto text = ReadFile(folder_ / ("out/" + name));
    return text.ok() ? *text : text.error().message;
  }

  testing::TemporaryFolder folder_;
  std::optional<Dataset> dataset_;
  CancellationToken cancellation_;
};

TEST_F(ExportTest, GreFilesHaveTheFieldsOfGre) {
  Fill();
  const auto summary = Export({.format = ExportFormat::kGre, .reward_theta_km = 25});
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(
      Read("gre_cot/gre_cot.json"),
      R"([
{"image":"imgs/paris.jpg","conversations":[{"from":"human","value":"<image>\nWhere is this?"},)"
      R"({"from":"gpt","value":"<think>\n1. [text] signs => Paris\n</think>\n<answer>48.85, 2.35</answer>"}],)"
      R"("gt_lat":48.8584,"gt_lon":2.2945,"address":{"street":"Quai"},"zip":"75007"},
{"image":"imgs/paris.jpg","conversations":[{"from":"human","value":"<image>\nWhere is this?"},)"
      R"({"from":"gpt","value":"<think>\n1. [text] A sign in French\n</think>\n<answer>48.8000, 2.3000</answer>"}],)"
      R"("gt_lat":48.8584,"gt_lon":2.2945,"address":{"street":"Quai"},"zip":"75007"}
]
)");
  // the imported question and reply as they came, whatever a template would make of them
  EXPECT_EQ(Read("gre_judge/gre_judge.json"),
            R"([
{"image":"imgs/sub/rome.jpg","conversations":[{"from":"human","value":"<image>\nTell {{me}}.\n[user]"},)"
            R"({"from":"gpt","value":"True"}],"gt_lat":null,"gt_lon":null,"country_code":"IT",)"
            R"("predicted_cot":"pines","predicted_answer":"41.9, 12.5"}
]
)");
  EXPECT_EQ(
      Read("gre_seed/gre_seed.jsonl"),
      R"({"image":"imgs/seed1.jpg","instructions":"Where is this?","gt_lat":35.0,"gt_lon":135.5})"
      "\n");
  EXPECT_EQ(Read("gre_seed/gre_seed_dev.jsonl"),
            R"({"image":"imgs/seed2.jpg","instructions":"Where is this?","gt_lat":null,)"
            R"("gt_lon":null,"country_code":"PE"})"
            "\n");
  EXPECT_EQ(Read("gre_judge/imgs/sub/rome.jpg"), "picture of sub/rome");
  EXPECT_EQ(Read("README.md"), "card");
  EXPECT_THAT(Read("drops.jsonl"), HasSubstr(R"("reason":"unreadable")"));
  EXPECT_EQ(Split(Trim(Read("provenance.jsonl")), '\n').size(), 5U);
  EXPECT_EQ(summary->records, 5);
  EXPECT_EQ(summary->photos, 4);
  EXPECT_EQ(summary->authors, 2);
  EXPECT_EQ(summary->rewritten, 1);
  EXPECT_EQ(summary->linked, 4);
  EXPECT_EQ(summary->licences.at(""), 3);
  EXPECT_EQ(summary->facts.at("theta.reward_km"), "25");
  const auto json = ParseJson(Read("export.json"));
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->at("parts").size(), 4U);
}

TEST_F(ExportTest, OtherTrainersReadTheChainOfJudgeInTheConversation) {
  Fill();
  ASSERT_TRUE(Export({.format = ExportFormat::kLlamaFactory, .reward_theta_km = 25}).ok());
  const auto info = ParseJson(Read("dataset_info.json"));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->at("gre_seed_dev").at("file_name"), "gre_seed_dev.json");
  const auto cot = ParseJson(Read("gre_cot.json"));
  ASSERT_TRUE(cot.ok());
  EXPECT_EQ(cot->at(0).at("system"), "Be exact.");
  EXPECT_EQ(cot->at(0).at("images"), Json::array({"imgs/paris.jpg"}));
  EXPECT_EQ(Read("imgs/paris.jpg"), "picture of paris.jpg");
  const auto seed = ParseJson(Read("gre_seed.json"));
  EXPECT_EQ(seed->at(0).at("conversations").at(1).at("value"),
            "<answer>35.000000, 135.500000</answer>");

  // a Judge entry of a teacher that was asked by a template
  EntryTable entries(dataset_->database());
  DataEntry judged = Entry(DataPart::kJudge, 1, 1);
  judged.label = false;
  ASSERT_TRUE(Replace(entries, DataPart::kJudge, {judged}).ok());
  ASSERT_TRUE(dataset_->SetFact("theta.judge_km", "200").ok());
  ASSERT_TRUE(
      Export({.format = ExportFormat::kVlmR1, .out = folder_ / "out/r1", .part = DataPart::kJudge})
          .ok());
  EXPECT_EQ(
      Read("r1/gre_judge.jsonl"),
      R"({"id":"paris.jpg","image":"imgs/paris.jpg","conversations":[{"from":"human",)"
      R"("value":"<image>\nIs it right?\n1. [text] signs => Paris\n48.85, 2.35\nRight: it lies )"
      R"(within 200 km of the place where the photo was taken"},{"from":"gpt","value":"False"}],)"
      R"("gt_lat":48.8584,"gt_lon":2.2945,"predicted_cot":"1. [text] signs => Paris",)"
      R"("predicted_answer":"48.85, 2.35","address":{"street":"Quai"},"zip":"75007"})"
      "\n");
  ASSERT_TRUE(Export({.format = ExportFormat::kTrl,
                      .out = folder_ / "out/trl",
                      .part = DataPart::kCot,
                      .without_extra = true})
                  .ok());
  const auto trl = ParseJson(Split(Read("trl/gre_cot.jsonl"), '\n')[0]);
  ASSERT_TRUE(trl.ok());
  EXPECT_EQ(trl->at("prompt").size(), 2U);
  EXPECT_FALSE(trl->contains("zip"));
}

TEST_F(ExportTest, ShardsAreTarsOfEqualBytes) {
  Fill();
  const auto members = [&](const std::string& path) {
    std::vector<std::string> names;
    struct archive* tar = archive_read_new();
    archive_read_support_format_tar(tar);
    if (archive_read_open_filename(tar, path.c_str(), 1 << 16) == ARCHIVE_OK) {
      struct archive_entry* entry = nullptr;
      while (archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
        std::string content(static_cast<size_t>(archive_entry_size(entry)), '\0');
        archive_read_data(tar, content.data(), content.size());
        names.push_back(std::string(archive_entry_pathname(entry)) + "=" + content);
      }
    }
    archive_read_free(tar);
    return names;
  };
  const ExportOptions options = {
      .format = ExportFormat::kWebDataset, .reward_theta_km = 25, .shard_records = 1};
  ASSERT_TRUE(Export(options).ok());
  EXPECT_THAT(members(folder_ / "out/gre_seed-train-000000.tar"),
              ElementsAre("000000000.jpg=picture of seed1",
                          R"(000000000.json={"id":"seed1","part":"seed","split":"train","image":)"
                          R"("000000000.jpg","instructions":"Where is this?","gt_lat":35.0,)"
                          R"("gt_lon":135.5,"system":"Be exact."})"));
  EXPECT_EQ(members(folder_ / "out/gre_cot-train-000001.tar").size(), 2U);
  const std::string first = Read("gre_cot-train-000000.tar");
  ExportOptions again = options;
  again.force = true;
  ASSERT_TRUE(Export(again).ok());
  EXPECT_EQ(Read("gre_cot-train-000000.tar"), first);
}

TEST_F(ExportTest, TheTrainersManifestHasEachPhotoOnce) {
  Fill();
  const auto summary = Export({.format = ExportFormat::kPhotos});
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  const auto records = ParsePhotoManifest(Read("manifest.jsonl"));
  ASSERT_TRUE(records.ok()) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].image, "imgs/paris.jpg");
  EXPECT_EQ((*records)[1].country_code, "IT");
  EXPECT_EQ(summary->without_kind, 2);
  const auto all = Export({.format = ExportFormat::kPhotos, .force = true, .kind = "street"});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(ParsePhotoManifest(Read("manifest.jsonl"))->size(), 4U);
}

TEST_F(ExportTest, AFolderIsOnlyReplacedWhenItIsAnExport) {
  Fill();
  const auto message = [&](const ExportOptions& options) {
    const auto summary = Export(options);
    return summary.ok() ? std::string("ok") : summary.error().message;
  };
  EXPECT_THAT(message({.format = ExportFormat::kGre}), HasSubstr("--reward-theta-km"));
  EXPECT_THAT(message({.part = DataPart::kCot, .split = "test"}),
              HasSubstr("found cot train: 2, judge train: 1, seed dev: 1, seed train: 1"));
  const ExportOptions cot = {.part = DataPart::kCot};
  // what a killed export left does not stay
  std::filesystem::create_directories(folder_ / "out.partial/gre_cot");
  ASSERT_TRUE(WriteFileAtomically(folder_ / "out.partial/gre_cot/old.json", "x").ok());
  EXPECT_EQ(message(cot), "ok");
  EXPECT_FALSE(FileExists(folder_ / "out/gre_cot/old.json"));
  EXPECT_FALSE(DirectoryExists(folder_ / "out.partial"));
  EXPECT_THAT(message(cot), HasSubstr("exists; name a new folder"));
  ExportOptions forced = cot;
  forced.force = true;
  EXPECT_EQ(message(forced), "ok");
  forced.out = folder_ / "data";
  EXPECT_THAT(message(forced), HasSubstr("expected an export"));
  EXPECT_TRUE(DirectoryExists(folder_ / "data/images"));
  cancellation_.Cancel();
  forced.out = folder_ / "never";
  EXPECT_THAT(message(forced), HasSubstr("interrupted"));
  EXPECT_FALSE(DirectoryExists(folder_ / "never"));
}

TEST_F(ExportTest, ReviewersTextAndDropsCount) {
  Fill();
  EntryTable entries(dataset_->database());
  DataEntry fixed = Entry(DataPart::kCot, 1, 1);
  fixed.chain = "<think>\nbetter\n</think>\n<answer>48.9, 2.3</answer>";
  fixed.reviewed = "a,b,c";
  ASSERT_TRUE(entries.SetReview(fixed).ok());
  DataEntry dropped = Entry(DataPart::kCot, 1, 2);
  dropped.dropped = true;
  ASSERT_TRUE(entries.SetReview(dropped).ok());
  const auto summary = Export({.part = DataPart::kCot});
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->records, 1);
  EXPECT_EQ(summary->reviewed.at("a,b,c"), 1);
  EXPECT_THAT(Read("gre_cot/gre_cot.json"), HasSubstr("better"));
}

TEST_F(ExportTest, PostgresGivesTheSameFiles) {
  std::string missing;
  const auto server = testing::PostgresServer::Start(missing);
  if (server == nullptr) GTEST_SKIP() << missing;
  Fill();
  ASSERT_TRUE(Export({.reward_theta_km = 25}).ok());
  const std::string cot = Read("gre_cot/gre_cot.json");
  const std::string provenance = Read("provenance.jsonl");
  std::filesystem::remove_all(folder_ / "data");
  Fill(server->url());
  ASSERT_TRUE(Export({.reward_theta_km = 25, .force = true}).ok());
  EXPECT_EQ(Read("gre_cot/gre_cot.json"), cot);
  EXPECT_EQ(Split(provenance, '\n').size(), Split(Read("provenance.jsonl"), '\n').size());
}

TEST(ExportedImageName, IsTidyAndStable) {
  const auto name = [](const std::string& id, const std::string& extension = "jpg") {
    Photo photo;
    photo.id = id;
    photo.extension = extension;
    return ExportedImageName(photo);
  };
  EXPECT_EQ(name("a/b.PNG", "png"), "imgs/a/b.PNG");
  EXPECT_EQ(name("Zürich 1"), "imgs/Zürich 1.jpg");
  EXPECT_EQ(name("v1.5"), "imgs/v1.5.jpg");
  EXPECT_EQ(name("no file", ""), "imgs/no file");
  for (const char* id : {"../x.jpg", "/etc/x.jpg", "a//b.jpg", "a\nb.jpg", ".", "\xff.jpg"}) {
    EXPECT_EQ(name(id).find("imgs/id-"), 0U) << id;
    EXPECT_EQ(name(name(id)), name(id));
  }
  EXPECT_EQ(name("imgs/a.jpg"), "imgs/a.jpg");
  EXPECT_EQ(name("images/a.jpg"), "imgs/a.jpg");
}

}  // namespace
}  // namespace gre
