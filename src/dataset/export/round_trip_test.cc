// What is exported, imported into a fresh dataset and exported again is the same, byte for byte.
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/export/exporter.h"
#include "dataset/import/import.h"
#include "dataset/testing/small_dataset.h"
#include "image/encode.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr char kPrompt[] =
    "[system]\nBe exact.\n[user]\nWhere is this?{{#area}} In {{area}}.{{/area}}\n";
constexpr char kJudge[] =
    "[user]\nIs it right?{{#chain}}\n{{chain}}{{/chain}}{{#answer}}\n{{answer}}{{/answer}}\nRight: "
    "{{criterion}}\n";
constexpr char kReply[] =
    "<think>\n1. [text] \"Crêperie\" ⇒ 日本 \\u0041 </p>\n</think>\n<answer>48.85, 2.35</answer>";
// A source's other fields, some with names that mean something to a reader of lists.
constexpr char kPlainExtra[] = R"({"zip":"75007","n":[1,2.5,null],"address":{"b":1,"a":"Ü"}})";
constexpr char kNastyExtra[] =
    R"({"id":7,"image_id":"x","url":"http://127.0.0.1:1/x.jpg","image":"b.jpg","images":["c.jpg"],)"
    R"("country":"Utopia","country_code":"XX","latitude":"1","lon":2,"location":[1,2],"kind":"cat",)"
    R"("split":"half","part":"engine","label":"dog","question":"why","author":"nobody",)"
    R"("license":"none","precision":"low","system":"metric","prompt":"a caption","text":"tail",)"
    R"("answer":"42","solution":"s","date_taken":"yesterday","zip":"75007"})";

class RoundTripTest : public ::testing::Test {
 protected:
  // Every kind of record: parts, splits, labels both ways, truths of both kinds, replies of both
  // kinds with and without instruction, ids that are no file names, a photo that is missing.
  void Fill(Dataset& dataset, const std::string& extra) {
    ReplyTable replies(dataset.database());
    ASSERT_TRUE(replies.AddTeacher({"gpt", "recorded", "gpt-4.1"}).ok());
    ASSERT_TRUE(replies.AddTeacher({"imported:old", "imported", ""}).ok());
    ASSERT_TRUE(replies.AddPrompt("aa", "gre", kPrompt).ok());
    ASSERT_TRUE(replies.AddPrompt("bb", "old", "Tell {{me}}.\n[user]").ok());
    ASSERT_TRUE(
        replies.AddPrompt("cc", "old", R"({"system":"Be brief.","user":"Say \"where\"."})").ok());
    const LatLng paris{48.8584, 2.2945};
    const int64_t first = AddPhoto(dataset, "paris.jpg", paris, "FR", extra);
    AddEntry(dataset, DataPart::kCot, first, Reply(replies, "gpt", first, "aa", kReply, paris));
    AddEntry(dataset, DataPart::kCot, first,
             Reply(replies, "gpt", first, "",
                   R"({"reasoning":"A sign in French","latitude":48.8,)"
                   R"("longitude":2.3})",
                   LatLng{48.8, 2.3}));
    const int64_t bare = AddPhoto(dataset, "bare", std::nullopt, "PE", "{}");
    AddEntry(
        dataset, DataPart::kCot, bare,
        Reply(replies, "gpt", bare, "aa", R"({"latitude":-12,"longitude":-77})", LatLng{-12, -77}),
        {}, "test");
    const int64_t brief = AddPhoto(dataset, "Zürich/1", LatLng{47.37, 8.54}, "CH", extra);
    AddEntry(dataset, DataPart::kCot, brief,
             Reply(replies, "imported:old", brief, "cc",
                   "It is Zurich because of the trams, the "
                   "lake and the signs, all of which point to it.",
                   LatLng{47.4, 8.5}),
             {}, "dev");
    const int64_t rome = AddPhoto(dataset, "sub/rome", std::nullopt, "IT", extra);
    AddEntry(dataset, DataPart::kJudge, rome,
             Reply(replies, "imported:old", rome, "cc",
                   "<think>pines</think><answer>41.9, 12.5</answer>", LatLng{41.9, 12.5}),
             true);
    AddEntry(dataset, DataPart::kJudge, rome,
             Reply(replies, "gpt", rome, "aa",
                   "<think>\npines <answer>Rome</answer> or <think> not\n</think>\n<answer>60, "
                   "25</answer>",
                   LatLng{60, 25}),
             false);
    const int64_t lima = AddPhoto(dataset, "lima.png", LatLng{-12.0464, -77.0428}, "PE", "{}");
    AddEntry(dataset, DataPart::kJudge, lima,
             Reply(replies, "gpt", lima, "aa", kReply, LatLng{48.85, 2.35}), false, "dev");
    // of one name with the first, which provenance.jsonl alone tells apart
    const std::string seed = extra == kNastyExtra ? "imgs/paris.jpg" : "imgs/seed.jpg";
    AddEntry(dataset, DataPart::kSeed, AddPhoto(dataset, seed, paris, "FR", extra), 0);
    AddEntry(dataset, DataPart::kSeed,
             AddPhoto(dataset, "a\nb", LatLng{35, 135.5}, "JP",
                      R"({"instructions":"Wo?","system":"Kurz."})"),
             0, {}, "dev");
    AddEntry(dataset, DataPart::kSeed, AddPhoto(dataset, "ci.jpg", std::nullopt, "CI", extra), 0,
             {}, "test");
    AddEntry(dataset, DataPart::kSeed, AddPhoto(dataset, "gone", LatLng{-1, 180}, "", "{}", false),
             0);
    ASSERT_FALSE(::testing::Test::HasFailure());
  }

  static int64_t AddPhoto(Dataset& dataset, const std::string& id, std::optional<LatLng> point,
                          const std::string& country_code, const std::string& extra,
                          bool present = true) {
    Photo photo;
    photo.id = id;
    photo.source = "a";
    photo.point = point;
    photo.country_code = country_code;
    photo.extra = DumpJson(ParseJson(extra).value());
    photo.kind = id.size() % 2 == 0 ? "street" : "travel";
    photo.author = "Ann of " + id;
    photo.licence = "CC0";
    photo.taken = "2024-05-01";
    photo.source_split = "source";
    if (point) photo.precision_km = 0.25;
    if (present) {
      const std::string bytes =
          EncodePng({4, 4, std::vector<uint8_t>(48, static_cast<uint8_t>(Sha256Hex(id)[0]))})
              .value() +
          id;
      photo.presence = PhotoPresence::kPresent;
      photo.sha256 = Sha256Hex(bytes);
      photo.extension = "png";
      EXPECT_TRUE(dataset.images().Add(photo.sha256, photo.extension, bytes).ok());
    }
    return PhotoTable(dataset.database()).Add(photo).value();
  }

  static int64_t Reply(ReplyTable& replies, const std::string& teacher, int64_t photo,
                       const std::string& prompt_hash, const std::string& text, LatLng point) {
    gre::Reply reply;
    reply.teacher = teacher;
    reply.photo = photo;
    reply.sample = static_cast<int64_t>(replies.OfPhoto(photo)->size());
    reply.prompt_hash = prompt_hash;
    reply.text = reply.content_key = text;
    reply.point = point;
    reply.reading = ReplyReading::kOk;
    const auto stored = replies.StoreUnasked(ReplyPurpose::kChain, reply);
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    return replies.OfPhoto(photo)->back().number;
  }

  static void AddEntry(Dataset& dataset, DataPart part, int64_t photo, int64_t reply,
                       std::optional<bool> label = {}, const std::string& split = "train") {
    DataEntry entry;
    entry.part = part;
    entry.photo = photo;
    entry.reply = reply;
    entry.label = label;
    entry.split = split;
    entry.band = part == DataPart::kJudge ? "25-200" : "";
    entry.hard = part == DataPart::kJudge && *label;
    EXPECT_TRUE(EntryTable(dataset.database()).AddFinished(entry).ok());
  }

  std::string Export(const Dataset& dataset, ExportFormat format, const std::string& name,
                     std::optional<DataPart> part = {}) {
    std::string out = folder_ / name;
    const auto prompt = PromptTemplate::Parse(kPrompt);
    const auto judge = PromptTemplate::Parse(kJudge);
    const auto summary = ExportDataset(
        dataset,
        {.format = format, .out = out, .part = part, .reward_theta_km = 25, .shard_records = 2},
        {.prompt = *prompt,
         .judge = *judge,
         .cancellation = CancellationToken(),
         .card = [](const ExportSummary&, const CardTables&) { return "card"; }});
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return out;
  }

  static void Import(Dataset& dataset, const std::string& source) {
    const auto report =
        ImportInto(dataset, {.sources = {source}, .download = false}, CancellationToken(), nullptr);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_TRUE(report->rejected.empty()) << report->examples.at(0);
  }

  // The record files and the photos, without what tells about the dataset they came from.
  static std::map<std::string, std::string> FilesOf(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
      const std::string name = fs::relative(file.path(), folder).string();
      const bool about = name == "README.md" || name == "export.json" ||
                         name == "provenance.jsonl" || name == "drops.jsonl";
      if (file.is_regular_file() && !about) files[name] = ReadFile(file.path().string()).value();
    }
    return files;
  }

  static void ExpectEqual(const std::string& folder, const std::string& other) {
    const auto files = FilesOf(folder);
    const auto others = FilesOf(other);
    EXPECT_GE(files.size(), 2U);
    for (const auto& [name, bytes] : files) {
      const auto found = others.find(name);
      ASSERT_NE(found, others.end()) << name;
      EXPECT_TRUE(found->second == bytes) << name << "\n" << bytes << "\n" << found->second;
    }
    EXPECT_EQ(files.size(), others.size());
  }

  // provenance.jsonl without what is of the teacher and the time.
  static std::multimap<std::string, Json> ProvenanceOf(const std::string& folder) {
    std::multimap<std::string, Json> lines;
    const std::string text = ReadFile(folder + "/provenance.jsonl").value();
    for (const std::string_view line : Split(Trim(text), '\n')) {
      Json json = ParseJson(line).value();
      for (const char* key : {"source", "teacher", "model", "prompt_hash", "answered", "rewritten",
                              "deviation_km", "width", "height"}) {
        json.erase(key);
      }
      lines.emplace(json["id"].get<std::string>() + json.value("label", Json()).dump(), json);
    }
    return lines;
  }

  testing::TemporaryFolder folder_;
};

class RoundTripFormatTest : public RoundTripTest,
                            public ::testing::WithParamInterface<ExportFormat> {};

TEST_P(RoundTripFormatTest, AnExportComesBackByteForByte) {
  Dataset dataset = testing::MakeDataset(folder_ / "data");
  Fill(dataset, kNastyExtra);
  const std::string out = Export(dataset, GetParam(), "out");
  Dataset back = testing::MakeDataset(folder_ / "back");
  Import(back, out);
  const std::string again = Export(back, GetParam(), "again");
  ExpectEqual(out, again);
  EXPECT_EQ(ProvenanceOf(out), ProvenanceOf(again));
}

TEST_P(RoundTripFormatTest, SoDoItsRecordsWithoutWhatStandsBesideThem) {
  Dataset dataset = testing::MakeDataset(folder_ / "data");
  Fill(dataset, kPlainExtra);
  const std::string out = Export(dataset, GetParam(), "out");
  fs::remove(out + "/provenance.jsonl");
  Dataset back = testing::MakeDataset(folder_ / "back");
  Import(back, out);
  ExpectEqual(out, Export(back, GetParam(), "again"));
}

TEST_P(RoundTripFormatTest, OtherFormatsOfWhatCameBackAreThoseOfTheFirst) {
  // GRE's form has no system message, and Judge's question holds no chain there
  if (GetParam() == ExportFormat::kGre || GetParam() == ExportFormat::kWebDataset) return;
  Dataset dataset = testing::MakeDataset(folder_ / "data");
  Fill(dataset, kPlainExtra);
  Dataset back = testing::MakeDataset(folder_ / "back");
  Import(back, Export(dataset, GetParam(), "out"));
  for (const ExportFormat format :
       {ExportFormat::kLlamaFactory, ExportFormat::kVlmR1, ExportFormat::kTrl}) {
    const std::string name(ExportFormatName(format));
    ExpectEqual(Export(dataset, format, name), Export(back, format, name + ".back"));
  }
}

// A manifest holds photos with kind, split and truth, and says nothing of parts.
TEST_F(RoundTripTest, APhotosManifestComesBackAsPhotos) {
  Dataset dataset = testing::MakeDataset(folder_ / "data");
  Fill(dataset, kPlainExtra);
  const std::string out = Export(dataset, ExportFormat::kPhotos, "out", DataPart::kSeed);
  Dataset back = testing::MakeDataset(folder_ / "back");
  Import(back, out + "/manifest.jsonl");
  PhotoTable photos(back.database());
  const auto page = photos.Page(PhotoTable::Which::kKept, 0, 100);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->size(), 3U);  // the fourth has no picture
  for (const Photo& photo : *page) {
    AddEntry(back, DataPart::kSeed, photo.number, 0, {}, photo.source_split);
  }
  ExpectEqual(out, Export(back, ExportFormat::kPhotos, "again", DataPart::kSeed));
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTripFormatTest,
                         ::testing::Values(ExportFormat::kGre, ExportFormat::kLlamaFactory,
                                           ExportFormat::kVlmR1, ExportFormat::kTrl,
                                           ExportFormat::kWebDataset),
                         [](const auto& format) {
                           std::string name(ExportFormatName(format.param));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace gre
