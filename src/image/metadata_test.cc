#include "image/metadata.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/encode.h"
#include "image/testing/exif_builder.h"

namespace gre {
namespace {

using gre::testing::ExifBuilder;
using gre::testing::Paris;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(MetadataTest, PositionFromTiffAndFromJpeg) {
  const std::string tiff = Paris().Build();
  const PhotoMetadata from_tiff = ReadMetadata(tiff);
  ASSERT_TRUE(from_tiff.gps.has_value()) << from_tiff.problems;
  EXPECT_NEAR(from_tiff.gps->latitude_deg, 48.858222, 1e-6);
  EXPECT_NEAR(from_tiff.gps->longitude_deg, 2.2945, 1e-6);
  EXPECT_THAT(from_tiff.problems, IsEmpty());

  const std::string jpeg = gre::testing::JpegWithExif(7, Paris());
  EXPECT_EQ(ReadMetadata(jpeg), from_tiff);
}

TEST(MetadataTest, EverythingElse) {
  ExifBuilder builder = Paris();
  builder.first = {ExifBuilder::Ascii(0x10F, "Maker "),
                   ExifBuilder::Ascii(0x110, "Model\n1"),
                   {0x112, 3, 1, ExifBuilder::Int(6, 2)}};
  builder.exif = {ExifBuilder::Ascii(0x9003, "2019:07:02 18:04:31"),
                  ExifBuilder::Ascii(0x9011, "+02:00")};
  builder.gps.push_back({5, 1, 1, std::string(1, '\1')});
  builder.gps.push_back(ExifBuilder::Rationals(6, {{125, 10}}));
  builder.gps.push_back(ExifBuilder::Rationals(7, {{16, 1}, {4, 1}, {31, 1}}));
  builder.gps.push_back(ExifBuilder::Ascii(0x10, "M"));
  builder.gps.push_back(ExifBuilder::Rationals(0x11, {{360, 1}}));
  const std::string method = std::string("ASCII\0\0\0", 8) + "gre: estimated position";
  builder.gps.push_back({0x1B, 7, static_cast<uint32_t>(method.size()), method});
  builder.gps.push_back(ExifBuilder::Ascii(0x1D, "2019:07:02"));
  builder.gps.push_back(ExifBuilder::Rationals(0x1F, {{750000, 1}}));
  const PhotoMetadata metadata = ReadMetadata(builder.Build());
  EXPECT_EQ(metadata.camera_make, "Maker");
  EXPECT_EQ(metadata.camera_model, "Model1");
  EXPECT_EQ(metadata.orientation, 6);
  EXPECT_EQ(metadata.taken_at, "2019-07-02T18:04:31+02:00");
  EXPECT_EQ(metadata.gps_time_utc, "2019-07-02T16:04:31Z");
  EXPECT_EQ(metadata.altitude_m, -12.5);
  EXPECT_EQ(metadata.heading_deg, 0);
  EXPECT_TRUE(metadata.heading_is_magnetic);
  EXPECT_TRUE(metadata.gps_estimated);
  EXPECT_EQ(metadata.gps_accuracy_m, 750000);
  EXPECT_THAT(metadata.problems, IsEmpty());
}

TEST(MetadataTest, PrivateKeysAreNamedWithoutValues) {
  ExifBuilder builder = Paris();
  builder.first = {ExifBuilder::Ascii(0x13B, "Jane Doe"), ExifBuilder::Ascii(0x110, "Model")};
  builder.exif = {ExifBuilder::Ascii(0xA430, "Jane Doe"), ExifBuilder::Ascii(0xA431, "12345")};
  EXPECT_EQ(PrivateMetadataKeys(gre::testing::JpegWithExif(1, builder)),
            (std::vector<std::string>{"artist", "body_serial_number", "gps", "owner_name"}));
  EXPECT_TRUE(PrivateMetadataKeys("no picture").empty());
}

TEST(MetadataTest, UnusablePositionsAreAbsentAndReported) {
  const auto with_gps = [](std::vector<ExifBuilder::Entry> gps) {
    ExifBuilder builder;
    builder.gps = std::move(gps);
    return ReadMetadata(builder.Build());
  };
  using B = ExifBuilder;
  const auto north = B::Ascii(1, "N");
  const auto latitude = B::Rationals(2, {{48, 1}, {0, 1}, {0, 1}});
  const auto east = B::Ascii(3, "E");
  const auto longitude = B::Rationals(4, {{2, 1}, {0, 1}, {0, 1}});
  const struct {
    std::vector<B::Entry> gps;
    std::string problem;
  } cases[] = {
      {{north, latitude, east}, "longitude is missing"},
      {{latitude, east, longitude}, "latitude has no N/S letter"},
      {{B::Ascii(1, "X"), latitude, east, longitude}, "latitude has no N/S letter"},
      {{north, B::Rationals(2, {{48, 0}, {0, 1}, {0, 1}}), east, longitude}, "proper fractions"},
      {{north, B::Rationals(2, {{48, 1}}), east, longitude}, "proper fractions"},
      {{north, B::Ascii(2, "48.0"), east, longitude}, "proper fractions"},
      {{north, B::Rationals(2, {{91, 1}, {0, 1}, {0, 1}}), east, longitude}, "not on Earth"},
      {{north, B::Rationals(2, {{48, 1}, {75, 1}, {0, 1}}), east, longitude}, "out of range"},
      {{north, B::Rationals(2, {{0, 1}, {0, 1}, {0, 1}}), east,
        B::Rationals(4, {{0, 1}, {0, 1}, {0, 1}})},
       "placeholder"},
  };
  for (const auto& [gps, problem] : cases) {
    const PhotoMetadata metadata = with_gps(gps);
    EXPECT_FALSE(metadata.gps.has_value()) << problem;
    EXPECT_THAT(metadata.problems, HasSubstr(problem));
  }
  EXPECT_THAT(with_gps({}).problems, IsEmpty());  // absent, not invalid
  EXPECT_TRUE(with_gps({B::Ascii(1, "s"), latitude, east, longitude}).gps.has_value());
}

TEST(MetadataTest, UnsetTimesAreSilentAndWrongOnesReported) {
  for (const auto& [stamp, problem] :
       {std::pair{"0000:00:00 00:00:00", false}, std::pair{"    :  :     :  :  ", false},
        std::pair{"2019:13:02 18:04:31", true}}) {
    ExifBuilder builder;
    builder.exif = {ExifBuilder::Ascii(0x9003, stamp)};
    const PhotoMetadata metadata = ReadMetadata(builder.Build());
    EXPECT_THAT(metadata.taken_at, IsEmpty());
    EXPECT_EQ(!metadata.problems.empty(), problem) << stamp;
  }
}

TEST(MetadataTest, DirectoriesBeyondSixtyFourKilobytesOfATiffAreFound) {
  std::string tiff = Paris().Build();
  // The same structure moved behind 200 kB of strips: offsets grow with it.
  const uint32_t shift = 200'000;
  ExifBuilder builder = Paris();
  builder.first.push_back({0x111, 4, 1, ExifBuilder::Int(8, 4)});
  const std::string block = builder.Build();
  std::string moved = "MM" + std::string("\0*", 2) + ExifBuilder::Int(shift + 8, 4);
  moved += std::string(shift, '\x55') + block.substr(8);
  const auto read = [&](size_t at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      value = value << 8 | static_cast<unsigned char>(moved[at + i]);
    }
    return value;
  };
  const auto patch = [&](size_t directory, const auto& self) -> void {
    for (uint32_t i = 0; i < read(directory, 2); ++i) {
      const size_t entry = directory + 2 + 12 * i;
      const uint32_t tag = read(entry, 2);
      const bool pointer = tag == 0x8769 || tag == 0x8825;
      if (pointer || read(entry + 2, 2) == 5) {
        moved.replace(entry + 8, 4, ExifBuilder::Int(read(entry + 8, 4) + shift, 4));
      }
      if (pointer) {
        self(read(entry + 8, 4), self);
      }
    }
  };
  patch(shift + 8, patch);
  EXPECT_TRUE(ReadMetadata(moved).gps.has_value());
  EXPECT_EQ(ReadMetadata(moved).gps, ReadMetadata(tiff).gps);
}

TEST(MetadataTest, GarbageYieldsNothing) {
  EXPECT_EQ(ReadMetadata(""), PhotoMetadata{});
  EXPECT_EQ(ReadMetadata("not a picture"), PhotoMetadata{});
  const std::string tiff = Paris().Build();
  for (size_t length = 0; length < tiff.size(); ++length) {
    EXPECT_FALSE(ReadMetadata(tiff.substr(0, length)).gps.has_value()) << length;
  }
}

}  // namespace
}  // namespace gre
