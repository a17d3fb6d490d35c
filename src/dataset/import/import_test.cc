#include "dataset/import/import.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "dataset/import/truth.h"
#include "dataset/photo_table.h"
#include "dataset/testing/small_dataset.h"
#include "image/testing/exif_builder.h"
#include "knowledge/borders.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

FieldValue Text(std::string text) {
  FieldValue value;
  value.kind = text.empty() ? FieldValue::Kind::kMissing : FieldValue::Kind::kText;
  value.text = std::move(text);
  return value;
}

std::string Jpeg(uint8_t grey) {
  return EncodeJpeg({12, 8, std::vector<uint8_t>(12 * 8 * 3, grey)}).value();
}

// "country reason!": the exclamation mark says that it drops.
std::string Judged(const std::string& latitude, const std::string& longitude,
                   const std::string& country, bool centroid = false) {
  TruthJudge judge;
  const JudgedTruth truth = judge.Judge({Text(latitude), Text(longitude), country, centroid});
  if (!truth.rejected.empty()) return "rejected " + truth.rejected;
  std::string text = truth.point ? "point " : "country ";
  text += truth.country_code;
  for (const TruthFlag& flag : truth.flags) {
    ((text += ' ') += flag.reason) += flag.drops ? "!" : "";
  }
  return text;
}

TEST(TruthJudgeTest, NothingIsCorrectedAndEveryOddityIsNamed) {
  EXPECT_EQ(Judged("48.8583", "2.2945", ""), "point FR");
  EXPECT_EQ(Judged("48.8583", "2.2945", "France"), "point FR");
  EXPECT_EQ(Judged("", "", "Cote d'Ivoire"), "country CI");
  EXPECT_EQ(Judged("nan", "NaN", "NA"), "country NA");
  EXPECT_EQ(Judged("0", "-0.0", "France"), "point FR zero_coordinates!");
  EXPECT_EQ(Judged("2.2945", "48.8583", "FR"), "point FR swapped_coordinates!");
  EXPECT_EQ(Judged("48.8583", "2.2945", "JP"), "point JP country_mismatch");
  EXPECT_EQ(Judged("48.8583", "2.2945", "Atlantis"), "point FR unknown_country");
  EXPECT_EQ(Judged("48.8583", "2.2945", "FR", true), "country FR country_centroid");
  EXPECT_EQ(Judged("0", "-140", ""), "point ");  // the Pacific
  EXPECT_EQ(Judged("", "", ""), "rejected no_truth");
  EXPECT_EQ(Judged("", "", "Atlantis"), "rejected unknown_country");
  EXPECT_EQ(Judged("48.8", "", "FR"), "rejected unparsable_coordinates");
  EXPECT_EQ(Judged("48,8", "2", "FR"), "rejected unparsable_coordinates");
  EXPECT_EQ(Judged("nan", "2", "FR"), "rejected unparsable_coordinates");
  EXPECT_EQ(Judged("90.5", "2", "FR"), "rejected coordinates_out_of_range");
  EXPECT_EQ(Judged("1", "180.5", ""), "rejected coordinates_out_of_range");
  const auto middle = ExtentOfCountry("FR")->centroid;
  EXPECT_EQ(Judged(std::to_string(middle.latitude_deg), std::to_string(middle.longitude_deg), ""),
            "point " + std::string(CountryCodeWithin(middle, 25)) + " country_centroid");
  TruthJudge judge;
  const JudgedTruth edge = judge.Judge({Text("-0.0"), Text("-180"), "", false});
  EXPECT_EQ(edge.point->longitude_deg, 180);
  EXPECT_FALSE(std::signbit(edge.point->latitude_deg));
}

class ImportTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  ImportReport Import(ImportOptions options) {
    const Result<ImportReport> report =
        ImportInto(*dataset_, options, CancellationToken(), nullptr);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : ImportReport();
  }
  std::string ImportError(ImportOptions options) {
    const Result<ImportReport> report =
        ImportInto(*dataset_, options, CancellationToken(), nullptr);
    return report.ok() ? "" : report.error().message;
  }

  PhotoTable Photos() { return PhotoTable(dataset_->database()); }
  Photo Get(const std::string& id) {
    const auto photo = Photos().Find(id);
    EXPECT_TRUE(photo.ok() && photo->has_value()) << id;
    return photo.ok() && *photo ? **photo : Photo();
  }
  std::vector<std::string> Reasons(const std::string& id) {
    std::vector<std::string> reasons;
    const auto findings = Photos().Findings(Get(id).number);
    for (const PhotoFinding& finding : *findings) {
      reasons.push_back(finding.reason + (finding.drops ? "!" : ""));
    }
    return reasons;
  }

  gre::testing::TemporaryFolder folder_;
  std::unique_ptr<Dataset> dataset_ =
      std::make_unique<Dataset>(gre::testing::MakeDataset(folder_ / "data"));
};

TEST_F(ImportTest, AFolderGivesWhatHasAPositionAndListsTheRest) {
  using gre::testing::JpegWithExif;
  using gre::testing::Paris;
  const std::string source = folder_ / "photos";
  Write("photos/sub/b.jpg", JpegWithExif(20, Paris()));
  Write("photos/a.JPG", JpegWithExif(10, Paris()));
  Write("photos/plain.jpg", Jpeg(5));
  Write("photos/.hidden/c.jpg", JpegWithExif(30, Paris()));
  Write("photos/notes.txt", "x");
  const ImportReport report = Import({.sources = {source}});
  EXPECT_EQ(report.records, 3);
  EXPECT_EQ(report.added, 2);
  EXPECT_EQ(report.photos, 2);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("no_position", 1)));
  EXPECT_THAT(report.flagged, ElementsAre(Pair("duplicated_coordinates", 2)));
  const Result<std::string> rejected = ReadFile(report.rejected_file);
  ASSERT_TRUE(rejected.ok());
  EXPECT_THAT(*rejected, HasSubstr("plain.jpg,no_position,"));
  const Photo photo = Get("sub/b.jpg");
  EXPECT_EQ(photo.source, "photos");
  EXPECT_EQ(photo.country_code, "FR");
  EXPECT_EQ(photo.presence, PhotoPresence::kPresent);
  EXPECT_EQ(photo.width, 8);
  EXPECT_NEAR(photo.point->latitude_deg, 48.858222, 1e-6);
  EXPECT_EQ(*ReadFile(dataset_->images().PathOf(photo.sha256, photo.extension)),
            JpegWithExif(20, Paris()));
  EXPECT_THAT(Reasons("a.JPG"), ElementsAre("duplicated_coordinates"));

  const ImportReport again = Import({.sources = {source}});
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.there, 2);
  EXPECT_THAT(again.rejected, ElementsAre(Pair("no_position", 1)));
}

TEST_F(ImportTest, AListKeepsEveryFieldAndCountsEveryRow) {
  Write("p/1.jpg", Jpeg(1));
  const std::string list = Write("list.csv",
                                 "image,LAT,lon,country,author,license,tag\n"
                                 "p/1.jpg,48.8583,2.2945,France,Ann,CC BY,\"a \"\"b\"\"\"\n"
                                 "p/2.jpg,35.0,135.7,,Ben,CC BY,\n"
                                 "p/3.jpg,95,135.7,,,,\n"
                                 "p/4.jpg,x,135.7,,,,\n"
                                 "p/5.jpg,1,2\n"
                                 "p/1.jpg,48.8583,2.2945,France,Ann,CC BY,\n"
                                 ",48.8583,2.2945,,,,\n"
                                 "../x.jpg,48.9,2.3,,,,\n"
                                 "p/6.jpg,,,Japan,,,\n");
  const ImportReport report = Import({.sources = {list}});
  EXPECT_EQ(report.records, 9);
  EXPECT_EQ(report.added, 4);
  EXPECT_THAT(
      report.rejected,
      UnorderedElementsAre(Pair("coordinates_out_of_range", 1), Pair("unparsable_coordinates", 1),
                           Pair("unreadable_record", 1), Pair("id_repeated", 1), Pair("no_id", 1)));
  EXPECT_THAT(report.flagged, ElementsAre(Pair("unreadable", 3)));
  EXPECT_THAT(*ReadFile(report.rejected_file), HasSubstr("list.csv:4,p/3.jpg,coordinates_"));
  const Photo photo = Get("p/1.jpg");
  EXPECT_EQ(photo.author, "Ann");
  EXPECT_EQ(photo.licence, "CC BY");
  EXPECT_EQ(photo.country_code, "FR");
  EXPECT_EQ(photo.extra, R"({"tag":"a \"b\""})");
  EXPECT_THAT(Reasons("p/2.jpg"), ElementsAre("unreadable!"));
  EXPECT_EQ(Get("p/6.jpg").country_code, "JP");

  Write("p/2.jpg", Jpeg(2));  // the photo that was missing
  const ImportReport again = Import({.sources = {list}});
  EXPECT_EQ(again.there, 5);  // the line that repeats the first one among them
  EXPECT_EQ(again.photos, 1);
  EXPECT_EQ(Get("p/2.jpg").presence, PhotoPresence::kPresent);
  EXPECT_THAT(Reasons("p/2.jpg"), IsEmpty());
}

TEST_F(ImportTest, AbsolutePathsAreTakenBelowTheRootAndOthersSayWhatToDo) {
  const std::string photo = Write("photos/a/1.jpg", Jpeg(1));
  const std::string elsewhere = Write("elsewhere/2.jpg", Jpeg(2));
  std::filesystem::create_directory_symlink(folder_ / "photos", folder_ / "link");
  const std::string list =
      Write("lists/list.jsonl", "{\"id\": 1, \"country\": \"FR\", \"image\": \"" + photo +
                                    "\"}\n{\"id\": 2, \"country\": \"FR\", "
                                    "\"image\": \"" +
                                    elsewhere + "\"}\n");
  const ImportReport none = Import({.sources = {list}});
  EXPECT_EQ(none.photos, 0);
  ASSERT_EQ(none.examples.size(), 2U);
  EXPECT_THAT(none.examples[0],
              HasSubstr(":1: unreadable: '" + photo + "' lies outside of " + (folder_ / "lists") +
                        "; name a folder above the photos with --root"));
  // the root's name is not the one that the records have
  EXPECT_EQ(Import({.sources = {list}, .root = folder_ / "link"}).photos, 1);
  EXPECT_THAT(Reasons("2"), ElementsAre("unreadable!"));
  EXPECT_EQ(Import({.sources = {list}, .root = folder_.path()}).photos, 1);
  EXPECT_THAT(Reasons("2"), IsEmpty());
}

TEST_F(ImportTest, TheOrderOfAPairIsNeverGuessed) {
  const std::string list = Write("pairs.csv", "id,coordinates\na,\"(2.2945, 48.8583)\"\nb,7\n");
  EXPECT_THAT(ImportError({.sources = {list}, .photos = false}),
              HasSubstr("the field 'coordinates' may hold two coordinates and nobody says which "
                        "comes first: name it with --lat-lon or --lon-lat"));
  ImportOptions options{.sources = {list}, .photos = false};
  options.fields.longitude_latitude = "coordinates";
  const ImportReport report = Import(options);
  EXPECT_EQ(report.added, 1);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("unparsable_coordinates", 1)));
  EXPECT_EQ(Get("a").country_code, "FR");
  const std::string labelled = Write("labelled.csv", "id,latlng\nc,48.8583 2.2945\n");
  Import({.sources = {labelled}, .photos = false});
  EXPECT_EQ(Get("c").country_code, "FR");
  const std::string half = Write("half.csv", "id,lat\nd,1\n");
  EXPECT_THAT(ImportError({.sources = {half}, .photos = false}), HasSubstr("--lat and --lon"));
  options.fields.latitude_longitude = "coordinates";
  EXPECT_THAT(ImportError(options), HasSubstr("found several of them"));
  const std::string nowhere = Write("nowhere.csv", "id,lat,lon\nd,1,2\n");
  EXPECT_THAT(ImportError({.sources = {nowhere}}), HasSubstr("--no-photos"));
}

TEST_F(ImportTest, JsonKeepsLongIdsAndNestedFields) {
  const std::string list = Write(
      "list.jsonl",
      R"({"id": 9007199254740993, "answer": {"lat": 35, "lon": 135.7, "x": [1]}, "note": "n"})"
      "\n{\n");
  ImportOptions options{.sources = {list}, .photos = false};
  options.fields.latitude = "answer.lat";
  options.fields.longitude = "answer.lon";
  const ImportReport report = Import(options);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("unreadable_record", 1)));
  const Photo photo = Get("9007199254740993");
  EXPECT_EQ(photo.country_code, "JP");
  EXPECT_EQ(photo.extra, R"({"answer":{"lat":35,"lon":135.7,"x":[1]},"note":"n"})");
}

TEST_F(ImportTest, EqualIdsOfTwoSourcesNeedAPrefix) {
  const std::string first = Write("one/first.csv", "id,country\n1,FR\n2,FR\n");
  const std::string second = Write("two/second.csv", "id,country\n1,JP\n3,JP\n");
  Import({.sources = {first}, .photos = false});
  ImportReport report = Import({.sources = {second}, .photos = false});
  EXPECT_EQ(report.added, 1);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("id_taken", 1)));
  EXPECT_THAT(report.examples, ElementsAre(HasSubstr("import with --prefix NAME")));
  report = Import({.sources = {second}, .prefix = "jp", .photos = false});
  EXPECT_EQ(report.added, 2);
  EXPECT_EQ(Get("jp/1").country_code, "JP");
  // the same source with another truth is no repetition
  Write("one/first.csv", "id,country\n1,IT\n2,FR\n");
  report = Import({.sources = {first}, .photos = false});
  EXPECT_EQ(report.there, 1);
  EXPECT_THAT(report.rejected, ElementsAre(Pair("id_repeated", 1)));
}

TEST_F(ImportTest, PhotoFoldersKeepKindSplitAndPrecision) {
  Write("set/a/labels.csv",
        "file,split,country,lat,lon,precision,source\n"
        "img/1.jpg,train,France,48.85,2.29,place (2 dp),me\n"
        "img/2.jpg,dev,Japan,36,138,country centroid,me\n");
  Write("set/a/img/1.jpg", Jpeg(1));
  Write("set/a/img/2.jpg", Jpeg(2));
  Write("set/splits.csv", "file,split,kind\na/img/1.jpg,train,travel\na/img/2.jpg,dev,street\n");
  const ImportReport report = Import({.sources = {folder_ / "set"}});
  EXPECT_EQ(report.photos, 2);
  const Photo photo = Get("a/img/1.jpg");
  EXPECT_EQ(photo.kind, "travel");
  EXPECT_EQ(photo.source_split, "train");
  EXPECT_EQ(photo.extra, R"x({"precision":"place (2 dp)","source":"me"})x");
  EXPECT_FALSE(Get("a/img/2.jpg").point.has_value());
  EXPECT_THAT(Reasons("a/img/2.jpg"), ElementsAre("country_centroid"));
}

TEST_F(ImportTest, PresetsFindPhotosUnderTheirSpellings) {
  Write("mp16/shard/98_f2_1.jpg", Jpeg(1));
  Write("mp16/98/f2/2.jpg", Jpeg(2));
  Write("mp16/other/3.jpg", Jpeg(3));
  const std::string list = Write("mp16_places365.csv",
                                 "IMG_ID,AUTHOR,LAT,LON,S3_Label\n"
                                 "98/f2/1.jpg,7@N00,48.8583,2.2945,2\n"
                                 "98/f2/2.jpg,8@N00,48.8583,2.2,1\n"
                                 "98/f2/3.jpg,8@N00,48.8583,2.1,1\n");
  ImportOptions options{.sources = {list}, .root = folder_ / "mp16"};
  options.fields = Merged({}, FindListPreset("mp16")->fields);
  const ImportReport report = Import(options);
  EXPECT_EQ(report.photos, 2);  // "other/3.jpg" is another photo
  EXPECT_EQ(Get("98/f2/1.jpg").extra, R"({"S3_Label":"2"})");
  EXPECT_FALSE(FindListPreset("mp17").ok());
}

TEST_F(ImportTest, PostgreSqlTakesTheSame) {
  std::string missing;
  const auto server = gre::testing::PostgresServer::Start(missing);
  if (server == nullptr) GTEST_SKIP() << missing;
  *dataset_ = gre::testing::MakeDataset(folder_ / "shared", server->url());
  Write("p/1.jpg", Jpeg(1));
  const std::string list = Write("list.csv",
                                 "image,lat,lon\np/1.jpg,48.8583,2.2945\np/2.jpg,48.8583,2.2945\n"
                                 "p/3.jpg,0,0\n");
  ImportReport report = Import({.sources = {list}});
  EXPECT_EQ(report.added, 3);
  EXPECT_THAT(report.flagged,
              UnorderedElementsAre(Pair("duplicated_coordinates", 2), Pair("unreadable", 2),
                                   Pair("zero_coordinates", 1)));
  report = Import({.sources = {list}});
  EXPECT_EQ(report.there, 3);
}

}  // namespace
}  // namespace gre
