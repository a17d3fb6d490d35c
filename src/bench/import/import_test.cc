// Published benchmarks in small hand-written files of every form in which they circulate.
#include "bench/import/import.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/benchmark_file.h"
#include "bench/truth_file.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "support/schema_checker.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Import : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ / name).parent_path());
    EXPECT_TRUE(WriteFileAtomically(folder_ / name, content).ok());
    return folder_ / name;
  }
  ImportedBenchmark Read(std::string_view format, const std::string& path,
                         const ImportOptions& options = {}) const {
    auto read = ImportBenchmark(**FindBenchmarkFormat(format), path, options);
    EXPECT_TRUE(read.ok()) << read.error().message;
    return read.ok() ? std::move(*read) : ImportedBenchmark{};
  }
  std::string ErrorOf(std::string_view format, const std::string& path,
                      const ImportOptions& options = {}) const {
    const auto read = ImportBenchmark(**FindBenchmarkFormat(format), path, options);
    return read.ok() ? "" : read.error().message.substr(folder_.path().size() + 1);
  }
  // "PLACE id: reason", places without the folder.
  std::vector<std::string> Dropped(const ImportedBenchmark& read) const {
    std::vector<std::string> lines;
    for (const DroppedRow& row : read.dropped) {
      lines.push_back(row.place.substr(folder_.path().size() + 1) + " " + row.id + ": " +
                      row.reason);
    }
    return lines;
  }

  gre::testing::TemporaryFolder folder_;
};

TEST_F(Import, GrevalAsArrayAndAsLines) {
  const std::string first =
      R"({"sample_id":"s1","image_path":"images/a.jpg","gt_cot":"<think>x</think>","gt_lat":48.5,"gt_lon":2.25})";
  const std::string second =
      R"({"sample_id":"s2","image_path":"images/b.jpg","gt_cot":"y","gt_lat":"-31.28°","gt_lon":"149.28°"})";
  for (const std::string& path : {Write("GREval-Bench.json", "[\n" + first + ",\n" + second + "]"),
                                  Write("GREval-Bench.jsonl", first + "\n" + second + "\n")}) {
    const ImportedBenchmark read = Read("greval", path);
    ASSERT_EQ(read.records.size(), 2u);
    EXPECT_EQ(read.records[0].id, "s1");
    EXPECT_EQ(read.records[0].image, "images/a.jpg");
    EXPECT_THAT(read.records[0].key_steps, ElementsAre("<think>x</think>"));
    EXPECT_EQ(read.records[1].point, (LatLng{-31.28, 149.28}));
    EXPECT_THAT(read.remarks,
                ElementsAre(HasSubstr("2 records; GREval-Bench was published with 3000"),
                            HasSubstr("neither scene categories")));
  }
}

TEST_F(Import, GrevalPhotosInEitherFolder) {
  const std::string path =
      Write("g.json",
            R"([{"sample_id":"s1","image_path":"images/a.jpg","gt_cot":"","gt_lat":1,"gt_lon":2},
          {"sample_id":"s2","image_path":"images/gone.jpg","gt_cot":"","gt_lat":1,"gt_lon":2}])");
  Write("bench/imgs/a.jpg", "");
  const ImportedBenchmark read = Read("greval", path, {.photos = folder_ / "bench"});
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_EQ(read.records[0].image, "imgs/a.jpg");
  ASSERT_EQ(read.dropped.size(), 1u);
  EXPECT_THAT(read.dropped[0].reason, HasSubstr("no photo 'images/gone.jpg' in "));
}

constexpr std::string_view kIm2gpsHeader =
    "IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban\n";

TEST_F(Import, Im2gps3kWithScenes) {
  const ImportedBenchmark read =
      Read("im2gps3k", Write("im2gps3k_places365.csv",
                             std::string(kIm2gpsHeader) +
                                 "1_a@N00.jpg,1@N00,32.325,-64.764,2,12,353,0.27,0.05,0.68\n"
                                 "2_b@N00.jpg,1@N00,29.976,122.39,0,5,61,0.9,0.05,0.05\n"));
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_THAT(read.dropped, IsEmpty());
  EXPECT_EQ(read.records[0].id, "1_a@N00.jpg");
  EXPECT_EQ(read.records[0].point, (LatLng{32.325, -64.764}));
  EXPECT_EQ(read.records[0].labels.at("scene"), "urban");
  EXPECT_EQ(read.records[0].labels.at("environment"), "outdoor");
  EXPECT_EQ(read.records[1].labels.at("environment"), "indoor");
  EXPECT_EQ(read.records[1].labels.at("places365"), "61");
}

TEST_F(Import, Im2gps3kWhoseFirstReleaseNamedItsColumnsTheWrongWayRound) {
  const std::string path = Write("im2gps3k_places365.csv",
                                 "IMG_ID,AUTHOR,LON,LAT,S3_Label\n"
                                 "1.jpg,1@N00,32.325,-64.764,2\n"
                                 "2.jpg,1@N00,29.976,122.39,0\n");
  EXPECT_THAT(ErrorOf("im2gps3k", path),
              HasSubstr("1 of 2 rows have latitudes beyond 90 degrees that are possible as "
                        "longitudes: the two columns are named the wrong way round"));
  const ImportedBenchmark read =
      Read("im2gps3k", path, {.fields = {.latitude = "LON", .longitude = "LAT"}});
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_EQ(read.records[1].point, (LatLng{29.976, 122.39}));
}

TEST_F(Import, Im2gpsAsFlickrTexts) {
  const ImportedBenchmark read = Read(
      "im2gps3k",
      Write("info.json",
            R"({"a.jpg":["photo: 1 x","latitude: 48.85","longitude: 2.35","accuracy: 16","end"],
                "b.jpg":[]})"));
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_EQ(read.records[0].id, "a.jpg");
  EXPECT_EQ(read.records[0].point, (LatLng{48.85, 2.35}));
  EXPECT_THAT(Dropped(read), ElementsAre(HasSubstr("info.json: entry 2 b.jpg: expected latitude")));
}

// A row of the YFCC100M table: the line number (when `numbered`), 10 or 11 fields, longitude,
// latitude, accuracy, 10 further fields.
std::string YfccRow(const std::string& id, const std::string& lon, const std::string& lat,
                    bool numbered) {
  std::string row = numbered ? "7\t" + id + "\thash" : id;
  row += "\t1@N00\tnick\t2012-01-01 10:00:00.0\t1325412000\tcamera\tt\td\ttags\tmachine";
  row += "\t" + lon + "\t" + lat + "\t16\tpage\tdownload\tCC\thttp\t1\t2\ts\to\tjpg\t0";
  return row + "\n";
}

TEST_F(Import, Yfcc4kAsRowsOfYfcc100mLongitudeFirst) {
  for (const bool numbered : {true, false}) {
    const ImportedBenchmark read =
        Read("yfcc4k", Write("info.txt", YfccRow("25935894", "2.35", "48.85", numbered) +
                                             YfccRow("25935895", "", "", numbered) + "x\ty\n"));
    ASSERT_EQ(read.records.size(), 1u);
    EXPECT_EQ(read.records[0].id, "25935894");
    EXPECT_EQ(read.records[0].image, "25935894.jpg");
    EXPECT_EQ(read.records[0].point, (LatLng{48.85, 2.35}));
    EXPECT_EQ(read.records[0].labels.at("flickr_accuracy"), "16");
    EXPECT_THAT(
        Dropped(read),
        ElementsAre(
            "info.txt:2 25935895: expected latitude within -90 and 90, found nothing; expected "
            "longitude within -180 and 180, found nothing",
            "info.txt:3 : expected 25 or 23 tab-separated fields of the YFCC100M "
            "table, found 2"));
  }
}

TEST_F(Import, TheLargerListThatCirculatesAsYfcc4k) {
  std::string table = "IMG_ID,LAT,LON\n";
  for (int i = 0; i < 25600; ++i) table += "3/8f/" + std::to_string(i) + ".jpg,10,20\n";
  const std::string path = Write("yfcc25600_places365.csv", table);
  EXPECT_THAT(
      ErrorOf("yfcc4k", path),
      HasSubstr("expected the 4536 photos of YFCC4k, found 25600: this is another list (the "
                "list of 25,600 photos that circulates under this name is YFCC26k's); "
                "choose its rows with --photos DIR or --ids FILE"));
  EXPECT_EQ(Read("yfcc4k", path, {.any_size = true}).records.size(), 25600u);
  const ImportedBenchmark chosen =
      Read("yfcc4k", path, {.ids = Write("ids.txt", "17 x\n25599.jpg\n99999\n\n")});
  ASSERT_EQ(chosen.records.size(), 2u);
  EXPECT_EQ(chosen.records[0].id, "3/8f/17.jpg");
  EXPECT_EQ(chosen.dropped.size(), 25598u);
  EXPECT_THAT(chosen.remarks, ::testing::Contains(HasSubstr("1 ids of ")));
  Write("photos/17.jpg", "");
  const ImportedBenchmark found = Read("yfcc4k", path, {.photos = folder_ / "photos"});
  ASSERT_EQ(found.records.size(), 1u);
  EXPECT_EQ(found.records[0].image, "17.jpg");
}

TEST_F(Import, Gws15kInItsThreeForms) {
  EXPECT_EQ(Read("gws15k", Write("a.csv", "path,lat,lon\ngsv_0.jpg,31.9,102.2\n")).records[0].point,
            (LatLng{31.9, 102.2}));
  const ImportedBenchmark made =
      Read("gws15k", Write("b.csv",
                           "image_id,city,country,headings,lat,lon\n"
                           "image_0,Cobija,Bolivia,\"[48.6, 138.6]\",-11.02,-68.75\n"
                           "image_1,Nowhere,Atlantis,\"[1, 2]\",-11.02,-68.75\n"));
  EXPECT_EQ(made.records[0].country_code, "BO");
  EXPECT_EQ(made.records[0].labels.at("city"), "Cobija");
  EXPECT_EQ(made.records[1].country_code, "");
  EXPECT_THAT(made.remarks,
              ::testing::Contains(HasSubstr("1 names of countries are not known, e.g. "
                                            "'Atlantis'")));
  EXPECT_EQ(Read("gws15k", Write("meta.jsonl",
                                 R"({"ID":12,"LAT":"1.5","LON":2.5,"country":"Ghana","city":"x"})"))
                .records[0]
                .id,
            "12");
}

TEST_F(Import, StreetviewAsAnyTable) {
  const ImportedBenchmark read =
      Read("streetview", Write("s.tsv", "image\tlat\tlng\nx/1.jpg\t1\t2\n"));
  EXPECT_EQ(read.records[0].image, "x/1.jpg");
  EXPECT_THAT(
      ErrorOf("streetview", Write("t.csv", "image,breadth,lng\na,1,2\n")),
      HasSubstr("t.csv: expected a field of Google StreetView with a latitude (--lat), found "
                "image, breadth, lng"));
}

TEST_F(Import, Osv5mAndNamibia) {
  const ImportedBenchmark read = Read(
      "osv5m",
      Write("test.csv",
            "id,latitude,longitude,country,captured_at,land_cover,drive_side,climate,soil,region,"
            "sub-region,city,unique_country\n"
            "3859149887465501,-22.5,17.08,NA,1,2,0,5,3,Khomas Region,,Windhoek,NA\n"
            "12,48.1,11.5,DE,1,2,1,5,3,Bavaria,Upper Bavaria,Munich,DE\n"));
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_EQ(read.records[0].id, "3859149887465501");
  EXPECT_EQ(read.records[0].country_code, "NA");
  EXPECT_EQ(read.records[1].labels.at("sub-region"), "Upper Bavaria");
  EXPECT_EQ(read.records[0].labels.count("sub-region"), 0u);
}

TEST_F(Import, EveryDroppedRowIsListedWithItsReason) {
  const ImportedBenchmark read = Read("streetview", Write("s.csv",
                                                          "\xEF\xBB\xBFimage,lat,lon\r\n"
                                                          "a,1,2\r\n"
                                                          "a,3,4\r\n"
                                                          "b,1\r\n"
                                                          ",1,2\r\n"
                                                          "c,nan,2\r\n"
                                                          "d,1,181\r\n"
                                                          "e,1,-180\r\n"));
  EXPECT_EQ(read.records.size(), 2u);
  EXPECT_THAT(
      Dropped(read),
      ElementsAre(
          HasSubstr("s.csv:3 a: the id also stands in "),
          "s.csv:4 : expected 3 cells as in the header, found 2",
          "s.csv:5 : expected an id, found nothing",
          HasSubstr("s.csv:6 c: field 'lat': expected latitude within -90 and 90, found 'nan'"),
          HasSubstr(
              "s.csv:7 d: field 'lon': expected longitude within -180 and 180, found '181'")));
  EXPECT_THAT(ErrorOf("streetview", Write("e.csv", "image,lat,lon\n")),
              HasSubstr("found none of use; it has no rows"));
  EXPECT_THAT(ErrorOf("streetview", Write("u.csv", "image,lat,lon\na,x,y\n")),
              HasSubstr("the first is dropped because: field 'lat': expected latitude"));
  // Cut in the middle: what was whole is kept.
  const ImportedBenchmark cut =
      Read("greval",
           Write("cut.json", R"([{"sample_id":"a","gt_lat":1,"gt_lon":2},{"sample_id":"b","gt)"));
  EXPECT_EQ(cut.records.size(), 1u);
  ASSERT_EQ(cut.dropped.size(), 1u);
  EXPECT_THAT(cut.dropped[0].reason, HasSubstr("the file is cut"));
}

TEST_F(Import, AnUnknownBenchmarkNamesTheKnownOnes) {
  const auto format = FindBenchmarkFormat("mp16");
  ASSERT_FALSE(format.ok());
  EXPECT_EQ(format.error().message,
            "expected a benchmark's name, one of greval, im2gps3k, yfcc4k, gws15k, streetview, "
            "osv5m, found 'mp16'");
}

TEST_F(Import, WhatIsWrittenIsReadBackEqual) {
  std::vector<TruthRecord> records(3);
  records[0].id = "a\"\\b";
  records[0].point = LatLng{0.1 + 0.2, -180};
  records[0].precision_km = 0.25;
  records[0].image = "x/ü.jpg";
  records[0].labels = {{"category", "offices"}, {"own label", "1"}};
  records[0].indicators = {"Eiffel Tower", ""};
  records[0].captions = {"a\nb"};
  records[0].key_steps = {"s", "t"};
  records[1].id = "b";
  records[1].country_code = "NA";
  records[2].id = "c";
  records[2].point = LatLng{-90, 180};
  const std::string path = folder_ / "bench.jsonl";
  ASSERT_TRUE(WriteBenchmark(path, {.name = "x", .dropped = 7}, records).ok());
  const auto schema = ReadJsonFile(std::string(GRE_SOURCE_DIR) + "/docs/benchmark-schema.json");
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  const gre::testing::SchemaChecker checker(*schema);
  const std::string text = *ReadFile(path);
  for (const std::string_view line : Split(Trim(text), '\n')) {
    EXPECT_EQ(checker.Check(*ParseJson(line)), "") << line;
  }
  const auto read = ReadTruth(path);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->records.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const TruthRecord& a = records[i];
    const TruthRecord& b = read->records.at(i);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.point, b.point);
    EXPECT_EQ(a.precision_km, b.precision_km);
    EXPECT_EQ(a.country_code, b.country_code);
    EXPECT_EQ(a.image, b.image);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.indicators, b.indicators);
    EXPECT_EQ(a.captions, b.captions);
    EXPECT_EQ(a.key_steps, b.key_steps);
  }
}

}  // namespace
}  // namespace gre
