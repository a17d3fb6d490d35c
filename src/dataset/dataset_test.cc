#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/csv_table.h"
#include "dataset/photo_folder.h"
#include "dataset/photo_records.h"

namespace gre {
namespace {

using testing::HasSubstr;

TEST(CsvTable, ReadsQuotesAndNamesLines) {
  const auto table = CsvTable::Parse("t",
                                     "\xEF\xBB\xBF"
                                     "a,b\r\n\"x, \"\"y\"\"\nz\",1\r\n\r\n,2\n");
  ASSERT_TRUE(table.ok()) << table.error().message;
  ASSERT_EQ(table->rows(), 2u);
  EXPECT_EQ(table->Cell(0, 0), "x, \"y\"\nz");
  EXPECT_EQ(table->Cell(1, *table->Column("b")), "2");
  EXPECT_EQ(table->PlaceOf(1), "t:5");
  EXPECT_EQ(table->BadCell(1, 1, "a letter").message,
            "t:5: column 'b': expected a letter, found '2'");
  EXPECT_EQ(table->Column("c").error().message, "t: expected a column 'c', found a, b");
  const auto message = [](std::string_view text) {
    return CsvTable::Parse("t", text).error().message;
  };
  EXPECT_EQ(message(""), "t: expected a header line, found nothing");
  EXPECT_EQ(message("a,a\n"), "t:1: the column 'a' stands twice");
  EXPECT_EQ(message("a,b\n1,2\n3\n"), "t:3: expected 2 cells, found 1");
  EXPECT_EQ(message("a\n\"x\n"), "t:2: a quoted cell is not closed");
  EXPECT_EQ(message("a\n\"x\"y\n"),
            "t:2: expected a separator or the line's end after a quoted cell");
}

class DatasetTest : public testing::Test {
 protected:
  DatasetTest()
      : folder_(testing::TempDir() + "gre_dataset_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~DatasetTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  std::string folder_;
};

TEST_F(DatasetTest, ManifestRoundTrips) {
  const std::vector<PhotoRecord> records = {
      {"a/1.jpg", PhotoKind::kStreet, PhotoSplit::kTrain, "FR", std::nullopt},
      {"b/2.jpg", PhotoKind::kTravel, PhotoSplit::kTest, "JP", LatLng{34.5, 135.25}}};
  const std::string text = FormatPhotoManifest(records);
  const auto parsed = ParsePhotoManifest(text);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(FormatPhotoManifest(*parsed), text);
}

TEST_F(DatasetTest, ManifestErrorsNameLineAndField) {
  const std::string good =
      R"({"image":"a","kind":"street","split":"dev","country_code":"FR","latitude":null,)"
      R"("longitude":null})";
  const auto message = [&](const std::string& line) {
    return ParsePhotoManifest(good + "\n" + line).error().message;
  };
  EXPECT_THAT(message("{"), HasSubstr("manifest line 2"));
  EXPECT_THAT(message("[]"), HasSubstr("line 2: expected a JSON object"));
  EXPECT_THAT(message(R"({"image":"a","kind":"x","split":"dev"})"),
              HasSubstr("kind: expected street or travel"));
  EXPECT_THAT(message(R"({"image":"a","kind":"street","split":"dev","country_code":"fr"})"),
              HasSubstr("country_code"));
  EXPECT_THAT(message(R"({"image":"a","kind":"street","split":"dev","country_code":"FR",)"
                      R"("latitude":91,"longitude":0})"),
              HasSubstr("latitude, longitude"));
}

TEST_F(DatasetTest, PhotoFolderResolvesNamesPointsAndCentroids) {
  Write("splits.csv",
        "file,split,kind\nx/1.jpg,train,street\nx/2.jpg,dev,travel\nx/3.jpg,test,travel\n");
  Write("x/labels.csv",
        "file,country,lat,lon,precision\n1.jpg,Réunion,,,country\n"
        "2.jpg,,48.85,2.35,\"place, exact\"\n3.jpg,Japan,36,138,centroid of the country\n");
  const auto records = ReadPhotoFolder(folder_);
  ASSERT_TRUE(records.ok()) << records.error().message;
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[0].country_code, "RE");
  EXPECT_EQ((*records)[1].country_code, "FR");
  EXPECT_TRUE((*records)[1].point.has_value());
  EXPECT_EQ((*records)[2].country_code, "JP");
  EXPECT_FALSE((*records)[2].point.has_value());

  Write("x/labels.csv", "file,country,lat,lon,precision\n1.jpg,Atlantis,,,country\n");
  EXPECT_THAT(
      ReadPhotoFolder(folder_).error().message,
      HasSubstr("x/labels.csv:2: column 'country': expected a country's name, found 'Atlantis'"));
}

TEST_F(DatasetTest, PhotoFolderErrorsNameFileLineAndColumn) {
  const std::string good = "file,country,lat,lon,precision\n1.jpg,Japan,34,135,place\n";
  const auto message = [&](const std::string& splits, const std::string& labels) {
    Write("splits.csv", "file,split,kind\n" + splits);
    Write("x/labels.csv", labels);
    const auto records = ReadPhotoFolder(folder_);
    return records.ok() ? "accepted" : records.error().message.substr(folder_.size());
  };
  EXPECT_EQ(message("x/1.jpg,dev,travel\n", good), "accepted");
  EXPECT_EQ(message("x/1.jpg,dev,travel\nx/1.jpg,test,travel\n", good),
            "/splits.csv:3: column 'file': expected each file once, found 'x/1.jpg'");
  EXPECT_EQ(message("x/1.jpg,dev,boat\n", good),
            "/splits.csv:2: column 'kind': expected street or travel, found 'boat'");
  EXPECT_EQ(message("x/2.jpg,dev,travel\n", good),
            "/splits.csv:2: column 'file': expected a file that x/labels.csv lists, found "
            "'x/2.jpg'");
  EXPECT_EQ(message("x/1.jpg,dev,travel\n", "file,country,lat,lon,precision\n1.jpg,,34,,\n"),
            "/x/labels.csv:2: column 'lon': expected degrees from -180 to 180, found ''");
  EXPECT_EQ(message("x/1.jpg,dev,travel\n", "file,lat,lon,precision\n1.jpg,34,5,\n"),
            "/x/labels.csv: expected a column 'country', found file, lat, lon, precision");
}

}  // namespace
}  // namespace gre
