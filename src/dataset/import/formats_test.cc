// The formats that come in archives and files of other trainers.
#include <filesystem>
#include <fstream>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/import/import.h"
#include "dataset/import/sources.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"
#include "dataset/testing/small_dataset.h"
#include "image/encode.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Jpeg(uint8_t grey) {
  return EncodeJpeg({12, 8, std::vector<uint8_t>(12 * 8 * 3, grey)}).value();
}

class FormatsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  std::string WriteTar(const std::string& name, bool gzip,
                       const std::vector<std::pair<std::string, std::string>>& files) const {
    std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    archive* const tar = archive_write_new();
    archive_write_set_format_ustar(tar);
    if (gzip) archive_write_add_filter_gzip(tar);
    EXPECT_EQ(archive_write_open_filename(tar, path.c_str()), ARCHIVE_OK);
    for (const auto& [file, bytes] : files) {
      archive_entry* const entry = archive_entry_new();
      archive_entry_set_pathname(entry, file.c_str());
      archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      archive_write_header(tar, entry);
      archive_write_data(tar, bytes.data(), bytes.size());
      archive_entry_free(entry);
    }
    archive_write_free(tar);
    return path;
  }

  Result<ImportReport> Try(const ImportOptions& options) {
    return ImportInto(dataset_, options, CancellationToken(), nullptr);
  }
  ImportReport Import(const ImportOptions& options) {
    const Result<ImportReport> report = Try(options);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : ImportReport();
  }
  Photo Get(const std::string& id) {
    const auto photo = photos_.Find(id);
    EXPECT_TRUE(photo.ok() && photo->has_value()) << id;
    return photo.ok() && *photo ? **photo : Photo();
  }
  std::vector<Reply> Replies(const std::string& id) { return *replies_.OfPhoto(Get(id).number); }

  gre::testing::TemporaryFolder folder_;
  Dataset dataset_ = gre::testing::MakeDataset(folder_ / "data");
  PhotoTable photos_{dataset_.database()};
  ReplyTable replies_{dataset_.database()};
};

TEST_F(FormatsTest, ShardsAreGroupedByKey) {
  WriteTar("shards/b-1.tar.gz", true,
           {{"./x/1.jpg", Jpeg(1)},
            {"./x/1.json", R"({"latitude": 48.8583, "longitude": 2.2945, "tag": [1]})"},
            {"./x/1.cls", "7\n"},
            {"./x/2.seg.txt", "words"},
            {"./x/2.json", R"({"country": "Japan", "id": "two"})"},
            {"./x/2.png", EncodePng({4, 4, std::vector<uint8_t>(48, 9)}).value()}});
  WriteTar("shards/a-0.tar", false,
           {{"3.json", "{"},
            {"3.jpg", Jpeg(3)},
            {"4.jpg", Jpeg(4)},
            {"5.json", R"({"country": "FR"})"}});
  const ImportReport report = Import({.sources = {folder_ / "shards"}});
  EXPECT_EQ(report.records, 5);
  EXPECT_EQ(report.added, 3);
  EXPECT_EQ(report.photos, 2);
  EXPECT_THAT(report.rejected,
              UnorderedElementsAre(Pair("unreadable_record", 1), Pair("no_truth", 1)));
  EXPECT_THAT(report.flagged, ElementsAre(Pair("unreadable", 1)));  // 5 holds no image
  EXPECT_EQ(Get("x/1").extra, R"({"cls":"7","tag":[1]})");
  EXPECT_EQ(Get("x/1").width, 12);
  EXPECT_EQ(Get("two").extension, "png");
  EXPECT_EQ(Get("two").extra, R"({"seg.txt":"words"})");
  EXPECT_EQ(Import({.sources = {folder_ / "shards"}}).there, 3);
}

TEST_F(FormatsTest, ADamagedShardKeepsWhatIsWholeAndStopsNoOther) {
  const std::string fr = R"({"country": "FR"})";
  const auto cut = [&](const std::string& name, uintmax_t bytes) {
    const std::string path = WriteTar(
        name, false,
        {{"1.json", fr}, {"1.jpg", Jpeg(1)}, {"2.json", fr}, {"2.jpg", std::string(5000, 'x')}});
    if (bytes > 0) std::filesystem::resize_file(path, bytes);
    return path;
  };
  cut("shards/a.tar", 4000);  // inside of 2.jpg
  WriteTar("shards/b.tar", false, {{"3.json", fr}, {"3.jpg", Jpeg(3)}});
  Write("shards/c.tar", "words");
  const ImportReport report = Import({.sources = {folder_ / "shards"}});
  EXPECT_EQ(report.added, 2);
  EXPECT_EQ(report.records, 4);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("damaged_shard", 2)));
  EXPECT_EQ(Get("1").presence, PhotoPresence::kPresent);
  EXPECT_EQ(Get("3").presence, PhotoPresence::kPresent);
  ASSERT_EQ(report.examples.size(), 2U);
  EXPECT_THAT(report.examples[0], HasSubstr("a.tar: 2: damaged_shard: expected a tar archive"));
  EXPECT_THAT(report.examples[0], HasSubstr(", inside of 2.jpg; what follows is not read"));
  EXPECT_THAT(report.examples[0], HasSubstr(" at byte "));
  EXPECT_THAT(report.examples[1], HasSubstr("c.tar"));
  // between two files: nothing is damaged, but the end mark is missing
  const uintmax_t first = 3 * 512 + (Jpeg(1).size() + 511) / 512 * 512;
  const ImportReport between = Import({.sources = {cut("d.tar", first)}, .prefix = "d"});
  EXPECT_EQ(between.added, 1);
  EXPECT_THAT(between.rejected, ElementsAre(Pair("damaged_shard", 1)));
  EXPECT_THAT(between.examples[0], HasSubstr("end mark at byte "));
}

constexpr char kChain[] =
    "<think>\\nWide streets // left-hand traffic\\n</think>\\n<answer>35.01, 135.77</answer>";

TEST_F(FormatsTest, GreFilesKeepChainsInstructionsAndFields) {
  Write("gre/gre_cot/imgs/1.jpg", Jpeg(1));
  Write("gre/gre_cot/gre_cot.json",
        std::string(R"([{"image": "images/1.jpg", "conversations": [)") +
            R"({"from": "human", "value": "<image>\nWhere is it?"}, {"from": "gpt", "value": ")" +
            kChain + R"("}], "gt_lat": 35.0, "gt_lon": 135.7, "zip": "7"}])");
  Write("gre/gre_judge/imgs/2.jpg", Jpeg(2));
  Write("gre/gre_judge/gre_judge.json",
        R"([{"image": "imgs/2.jpg", "conversations": [{"from": "human", "value": "<image>Right?"},)"
        R"({"from": "gpt", "value": "False"}], "gt_lat": null, "gt_lon": null,)"
        R"("country_code": "FR", "predicted_cot": "Snow.", "predicted_answer": "60.1, 24.9"}])");
  Write("gre/gre_seed/images/3.jpg", Jpeg(3));
  Write("gre/gre_seed/gre_seed.jsonl",
        R"({"image": "imgs/3.jpg", "instructions": "Say where.", "gt_lat": 1.3, "gt_lon": 103.8})"
        "\n");
  const ImportReport report = Import({.sources = {folder_ / "gre"}, .source_name = "GRE30K"});
  EXPECT_EQ(report.added, 3);
  EXPECT_EQ(report.photos, 3);
  EXPECT_EQ(report.replies, 2);
  EXPECT_EQ(Get("images/1.jpg").extra, R"({"zip":"7"})");
  std::vector<Reply> replies = Replies("images/1.jpg");
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].teacher, "imported:GRE30K");
  EXPECT_EQ(replies[0].text,
            "<think>\nWide streets // left-hand traffic\n</think>\n<answer>35.01, 135.77</answer>");
  EXPECT_LT(*replies[0].deviation_km, 10);
  EXPECT_EQ(*replies_.PromptText(replies[0].prompt_hash), "Where is it?");
  EXPECT_EQ(Get("imgs/2.jpg").extra, "{}");  // the verdict is the entry's label
  EXPECT_EQ(Get("imgs/2.jpg").country_code, "FR");
  replies = Replies("imgs/2.jpg");
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].text, "<think>\nSnow.\n</think>\n<answer>60.1, 24.9</answer>");
  EXPECT_EQ(replies[0].in_country, false);
  EXPECT_EQ(Get("imgs/3.jpg").extra, R"({"instructions":"Say where."})");
  EXPECT_THAT(Replies("imgs/3.jpg"), IsEmpty());
  const ImportReport again = Import({.sources = {folder_ / "gre"}, .source_name = "GRE30K"});
  EXPECT_EQ(again.there, 3);
  EXPECT_EQ(again.replies, 0);
}

TEST_F(FormatsTest, LlamaFactoryNamesItsColumns) {
  Write("lf/pics/1.jpg", Jpeg(1));
  Write(
      "lf/data.json",
      std::string(
          R"([{"dialogue": [{"role": "u", "text": "<image>Where?"}, {"role": "a", "text": ")") +
          kChain +
          R"("}], "pictures": ["pics/1.jpg"], "sys": "Be brief.", "lat": 35, "lon": 135.7},)"
          R"({"dialogue": [{"role": "u", "text": "<image><image>Which?"}, {"role": "a", "text": "x"}],)"
          R"("pictures": ["pics/1.jpg", "pics/2.jpg"], "lat": 35, "lon": 135.7, "id": "two"}])");
  Write("lf/dataset_info.json",
        R"({"d": {"file_name": "data.json", "formatting": "sharegpt", "columns": {"messages":)"
        R"("dialogue", "images": "pictures", "system": "sys"}, "tags": {"role_tag": "role",)"
        R"("content_tag": "text", "user_tag": "u", "assistant_tag": "a"}}})");
  const ImportReport report = Import({.sources = {folder_ / "lf"}});
  EXPECT_EQ(report.added, 1);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("several_images", 1)));
  EXPECT_EQ(Get("pics/1.jpg").extra, "{}");
  ASSERT_EQ(Replies("pics/1.jpg").size(), 1u);
  EXPECT_EQ(*replies_.PromptText(Replies("pics/1.jpg")[0].prompt_hash),
            R"({"system":"Be brief.","user":"Where?"})");
  Write("lf/dataset_info.json", R"({"d": {"file_name": "../x.json", "formatting": "sharegpt"}})");
  EXPECT_THAT(Try({.sources = {folder_ / "lf"}}).error().message,
              HasSubstr("expected a file in the same folder, found '../x.json'"));
}

TEST_F(FormatsTest, VlmR1AnswersAreTruthsOnlyWhereTheyAreLabelled) {
  const std::string file = Write(
      "r1.jsonl",
      R"({"id": 1, "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>Where?"},)"
      R"({"from": "gpt", "value": "<answer>\"Latitude\": \"48.8583°\", \"Longitude\": \"2.2945°\"</answer>"}]})"
      "\n"
      R"({"id": 2, "image": "b.jpg", "conversations": [{"from": "human", "value": "<image>Where?"},)"
      R"({"from": "gpt", "value": "[40.75, -73.96]"}]})"
      "\n"
      R"({"id": 3, "image": "c.jpg", "lat": 40.75, "lon": -73.96, "conversations": [)"
      R"({"from": "human", "value": "<image>Where?"}, {"from": "gpt", "value": "[40.75, -73.96]"}]})"
      "\n");
  const ImportReport report = Import({.sources = {file}, .photos = false});
  EXPECT_THAT(report.rejected, ElementsAre(Pair("no_truth", 1)));
  EXPECT_EQ(report.replies, 0);
  EXPECT_EQ(Get("1").country_code, "FR");
  EXPECT_EQ(Get("3").extra, R"({"instructions":"Where?"})");
}

TEST_F(FormatsTest, SeveralChainsOfAPhotoAreItsSamples) {
  const std::string file = Write("many.jsonl", [] {
    std::string text;
    for (const char* chain : {"one", "two", "one"}) {
      text += std::string(R"({"image": "a.jpg", "gt_lat": 1, "gt_lon": 103, "conversations": [)") +
              R"({"from": "human", "value": "<image>Q"}, {"from": "gpt", "value": "<think>)" +
              chain + R"(</think><answer>1, 103</answer>"}]})" + "\n";
    }
    return text;
  }());
  const ImportReport report = Import({.sources = {file}, .photos = false});
  EXPECT_EQ(report.added, 1);
  EXPECT_EQ(report.replies, 2);
  EXPECT_EQ(Replies("a.jpg").size(), 2u);
}

TEST_F(FormatsTest, TheYfccTableHasLongitudeFirst) {
  std::string row =
      "0\t6185218911\thash\t7@N00\tnick\t2012-02-16 09:56:37.0\t1331840483\tCanon\tA\t\tt\t\t"
      "2.2945\t48.8583\t16\thttp://page\thttp://127.0.0.1:1/a.jpg\tBY\thttp://"
      "by\t1\t2\ts\to\tjpg\t0\n";
  std::string video = row;
  video.replace(video.size() - 2, 1, "1");
  const std::string table = Write("yfcc100m_dataset", row + video + "1\t2\n");
  const ImportReport report =
      Import({.sources = {table}, .format = SourceFormat::kYfcc, .download = false});
  EXPECT_EQ(report.added, 1);
  EXPECT_THAT(report.rejected,
              UnorderedElementsAre(Pair("video", 1), Pair("unreadable_record", 1)));
  const Photo photo = Get("6185218911");
  EXPECT_EQ(photo.country_code, "FR");
  EXPECT_EQ(photo.licence, "http://by");
  EXPECT_EQ(photo.presence, PhotoPresence::kWanted);
}

TEST_F(FormatsTest, FormatsAreToldByWhatIsThere) {
  EXPECT_EQ(*DetectFormat(Write("a.csv", "id,country\n")), SourceFormat::kList);
  EXPECT_EQ(*DetectFormat(Write("b.json", "[]")), SourceFormat::kList);
  EXPECT_EQ(*DetectFormat(Write("c.tar", "")), SourceFormat::kShards);
  Write("d/x.jpg", "");
  EXPECT_EQ(*DetectFormat(folder_ / "d"), SourceFormat::kFolder);
  Write("d/sub/backup.tar", "");
  EXPECT_EQ(*DetectFormat(folder_ / "d"), SourceFormat::kFolder);
  Write("f/0.tar", "");
  EXPECT_EQ(*DetectFormat(folder_ / "f"), SourceFormat::kShards);
  EXPECT_THAT(DetectFormat(folder_ / "none").error().message, HasSubstr("found nothing"));
  EXPECT_THAT(DetectFormat(Write("e.txt", "")).error().message, HasSubstr("expected a folder"));
}

}  // namespace
}  // namespace gre
