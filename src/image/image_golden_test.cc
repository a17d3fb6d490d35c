// Pillow's and the Hugging Face processor's numbers (processor/ of the golden sets), and every odd
// file of $GRE_SHARED_DATA/photos/metadata.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "image/decode.h"
#include "image/metadata.h"
#include "image/patches.h"
#include "image/resize.h"
#include "support/golden_test.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

class ProcessorGoldenTest : public testing::GoldenTest {
 protected:
  Json ReadJson(const std::string& name) const {
    Result<Json> json = ReadJsonFile(folder() + "/processor/" + name);
    GRE_CHECK(json.ok());
    return std::move(*json);
  }
};
GRE_INSTANTIATE_GOLDENS(ProcessorGoldenTest);

TEST_P(ProcessorGoldenTest, SmartResizeIsExact) {
  const Json golden = ReadJson("smart_resize.json");
  ASSERT_GE(golden["rows"].size(), 150u);
  for (const Json& row : golden["rows"]) {
    SmartResizeOptions options;
    options.factor = row[2];
    options.min_pixels = row[3];
    options.max_pixels = row[4];
    const Result<ImageSize> size = SmartResize({row[1], row[0]}, options);
    ASSERT_EQ(size.ok(), !row[5].is_null()) << row;
    if (size.ok()) {
      ASSERT_EQ(*size, (ImageSize{row[6], row[5]})) << row;
    }
  }
}

TEST_P(ProcessorGoldenTest, ResizedBytesAndPatches) {
  const auto file = ReadFile(folder() + "/processor/pixels.safetensors");
  ASSERT_TRUE(file.ok());
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file->data(), sizeof(header_bytes));
  const Result<Json> header = ParseJson(std::string_view(*file).substr(8, header_bytes));
  ASSERT_TRUE(header.ok());
  int compared = 0;
  for (const Json& golden : ReadJson("cases.json")) {
    const Result<RgbImage> photo =
        DecodeImageFile(folder() + "/" + golden["image"].get<std::string>());
    ASSERT_TRUE(photo.ok()) << photo.error().message;
    SmartResizeOptions options;
    options.min_pixels = golden["min_pixels"];
    options.max_pixels = golden["max_pixels"];
    const Result<ImageSize> size = SmartResize({photo->width, photo->height}, options);
    ASSERT_TRUE(size.ok());
    const RgbImage resized = Resize(*photo, *size, ResizeFilter::kBicubic);
    // The tolerance allows a level's difference here and there; this code needs none.
    EXPECT_EQ(
        Sha256Hex({reinterpret_cast<const char*>(resized.pixels.data()), resized.pixels.size()}),
        golden["resized_rgb_sha256"]);
    const ImagePatches patches = MakePatches(resized);
    EXPECT_EQ(patches.grid_height, golden["grid_thw"][1]);
    EXPECT_EQ(patches.grid_width, golden["grid_thw"][2]);
    double sum = 0;
    for (const float value : patches.rows) {
      sum += value;
    }
    EXPECT_NEAR(sum, golden["pixel_sum"], 1e-6 * static_cast<double>(golden["pixel_abs_sum"]));
    if (golden["tensor"].is_null()) {
      continue;
    }
    const Json& entry = (*header)[golden["tensor"].get<std::string>()];
    const size_t begin = 8 + header_bytes + entry["data_offsets"][0].get<size_t>();
    std::vector<float> expected(patches.rows.size());
    ASSERT_EQ(entry["data_offsets"][1].get<size_t>() - entry["data_offsets"][0].get<size_t>(),
              expected.size() * sizeof(float));
    std::memcpy(expected.data(), file->data() + begin, expected.size() * sizeof(float));
    float largest = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(expected[i] - patches.rows[i]));
    }
    EXPECT_LE(largest, 1e-6f) << golden["tensor"];
    ++compared;
  }
  EXPECT_GE(compared, 1);
}

class SamplePhotosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("GRE_SHARED_DATA");
    if (data == nullptr) {
      GTEST_SKIP() << "GRE_SHARED_DATA is not set: the sample photos are not there";
    }
    root_ = fs::path(data) / "photos" / "metadata";
  }

  PhotoMetadata Metadata(const std::string& name) const {
    const auto bytes = ReadFile((root_ / name).string());
    EXPECT_TRUE(bytes.ok()) << name;
    return bytes.ok() ? ReadMetadata(*bytes) : PhotoMetadata{};
  }

  fs::path root_;
};

TEST_F(SamplePhotosTest, EveryOddFileDecodesOrIsRefusedInOneLine) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    ++files;
    const auto bytes = ReadFile(entry.path().string());
    ASSERT_TRUE(bytes.ok());
    const PhotoMetadata metadata = ReadMetadata(*bytes);
    EXPECT_EQ(metadata.problems.find('\n'), std::string::npos);
    // Whole, and cut short: the latter is never half a picture.
    for (const size_t length : {bytes->size(), bytes->size() / 2}) {
      const Result<RgbImage> image =
          DecodeImage(std::string_view(*bytes).substr(0, length), entry.path().string());
      if (image.ok()) {
        EXPECT_EQ(length, bytes->size()) << entry.path();
        EXPECT_EQ(image->pixels.size(), size_t{3} * image->width * image->height);
      } else {
        EXPECT_EQ(image.error().code, ErrorCode::kInvalidInput);
        EXPECT_EQ(image.error().message.find('\n'), std::string::npos);
        EXPECT_THAT(image.error().message, ::testing::StartsWith(entry.path().string() + ": "));
      }
    }
  }
  EXPECT_EQ(files, 84);
}

// Eight files of one scene, each stored differently: all upright ones look alike.
TEST_F(SamplePhotosTest, OrientationsAgree) {
  for (const std::string kind : {"landscape_", "portrait_"}) {
    const auto load = [&](int code) {
      auto image =
          DecodeImageFile((root_ / "jpg/orientation" / (kind + std::to_string(code) + ".jpg")));
      GRE_CHECK(image.ok());
      return Resize(*image, {30, 30}, ResizeFilter::kBicubic);
    };
    const RgbImage reference = load(2);
    for (int code = 3; code <= 8; ++code) {
      const RgbImage image = load(code);
      double difference = 0;
      for (size_t i = 0; i < image.pixels.size(); ++i) {
        difference += std::abs(image.pixels[i] - reference.pixels[i]);
      }
      EXPECT_LT(difference / static_cast<double>(image.pixels.size()), 2) << kind << code;
    }
  }
}

TEST_F(SamplePhotosTest, MetadataOfHeicAndJpeg) {
  const PhotoMetadata heic = Metadata("heic/IMG_5195.HEIC");
  ASSERT_TRUE(heic.gps.has_value());
  EXPECT_NEAR(heic.gps->latitude_deg, 39.051344, 1e-6);
  EXPECT_NEAR(heic.gps->longitude_deg, -94.288772, 1e-6);
  EXPECT_EQ(heic.camera_make, "Apple");
  EXPECT_EQ(heic.taken_at, "2021-04-11T15:47:53-05:00");
  EXPECT_NEAR(*heic.heading_deg, 348.055, 1e-3);

  const PhotoMetadata kodak = Metadata("jpg/Kodak_CX7530.jpg");  // south of the equator
  ASSERT_TRUE(kodak.gps.has_value());
  EXPECT_NEAR(kodak.gps->latitude_deg, -0.3713, 1e-9);
  EXPECT_NEAR(kodak.gps->longitude_deg, 36.0564167, 1e-7);

  EXPECT_EQ(Metadata("jpg/gps/DSCN0010.jpg").gps_time_utc, "2008-10-23T14:27:07Z");
  EXPECT_EQ(Metadata("tiff/DudleyLeavittUtah.tiff").taken_at, "2009-09-26T01:11:52");
  EXPECT_FALSE(Metadata("jpg/xmp/no_exif.jpg").gps.has_value());
}

}  // namespace
}  // namespace gre
