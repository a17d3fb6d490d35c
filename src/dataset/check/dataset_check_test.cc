#include "dataset/check/dataset_check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/random.h"
#include "core/sha256.h"
#include "dataset/check/check_table.h"
#include "image/encode.h"
#include "image/resize.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Soft blobs of colour under noise: like a photo, another for every seed.
RgbImage MakePicture(uint64_t seed, int side = 200) {
  Random random(seed);
  struct Blob {
    double x, y, width, red, green, blue;
  };
  std::vector<Blob> blobs(12);
  for (Blob& blob : blobs) {
    blob = {random.Uniform(),        random.Uniform(),        random.Uniform(0.02, 0.1),
            random.Uniform(-90, 90), random.Uniform(-90, 90), random.Uniform(-90, 90)};
  }
  RgbImage image{side, side, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      double red = 128, green = 128, blue = 128;
      for (const Blob& blob : blobs) {
        const double dx = static_cast<double>(x) / side - blob.x;
        const double dy = static_cast<double>(y) / side - blob.y;
        const double weight = std::exp(-(dx * dx + dy * dy) / blob.width);
        red += weight * blob.red;
        green += weight * blob.green;
        blue += weight * blob.blue;
      }
      for (const double value : {red, green, blue}) {
        image.pixels.push_back(
            static_cast<uint8_t>(std::clamp(value + random.Uniform(-6, 6), 0.0, 255.0)));
      }
    }
  }
  return image;
}

RgbImage Painted(int width, int height, const std::function<uint8_t(int, int)>& tone) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) image.pixels.insert(image.pixels.end(), 3, tone(x, y));
  }
  return image;
}

// Says that pictures with a red first pixel are faces.
class RedFaces : public FaceDetector {
 public:
  Result<std::vector<FaceBox>> Detect(const RgbImage& image) override {
    if (image.pixels[0] < 250 || image.pixels[1] > 5) return std::vector<FaceBox>();
    return std::vector<FaceBox>{{0, 0, image.width, image.height * 3 / 4}};
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_ = "red";
};

class DatasetCheckTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    DatasetLocation location{.folder = folder_ / "data"};
    if (std::string_view(GetParam()) == "postgres") {
      std::string missing;
      server_ = gre::testing::PostgresServer::Start(missing);
      if (!server_) GTEST_SKIP() << missing;
      location.store = server_->url();
    }
    auto dataset = Dataset::Create(location);
    ASSERT_TRUE(dataset.ok()) << dataset.error().message;
    dataset_ = std::make_unique<Dataset>(std::move(*dataset));
  }

  int64_t Add(const std::string& id, const std::string& bytes,
              std::optional<LatLng> point = std::nullopt) {
    Photo photo;
    photo.id = id;
    photo.source = "test";
    photo.presence = PhotoPresence::kPresent;
    photo.sha256 = Sha256Hex(bytes);
    photo.extension = "jpg";
    photo.point = point;
    EXPECT_TRUE(dataset_->images().Add(photo.sha256, photo.extension, bytes).ok());
    const auto number = PhotoTable(dataset_->database()).Add(photo);
    EXPECT_TRUE(number.ok()) << number.error().message;
    return *number;
  }
  int64_t Add(const std::string& id, const RgbImage& image,
              std::optional<LatLng> point = std::nullopt) {
    return Add(id, *EncodeJpeg(image), point);
  }

  CheckSummary Check(const CheckOptions& options = {}, bool faces = false) {
    const auto summary = CheckDataset(
        *dataset_, options,
        [faces]() -> Result<std::unique_ptr<FaceDetector>> {
          if (!faces) return Error{ErrorCode::kUnavailable, "none here"};
          return std::unique_ptr<FaceDetector>(std::make_unique<RedFaces>());
        },
        [](const CheckProgress&) {}, cancellation_);
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return summary.ok() ? *summary : CheckSummary();
  }

  std::vector<std::string> Reasons(int64_t photo) {
    std::vector<std::string> reasons;
    const auto findings = PhotoTable(dataset_->database()).Findings(photo);
    for (const PhotoFinding& finding : *findings) {
      reasons.push_back(finding.reason + (finding.drops ? "" : " (flag)"));
    }
    return reasons;
  }
  std::string Detail(int64_t photo) {
    return PhotoTable(dataset_->database()).Findings(photo)->at(0).detail;
  }
  Photo Get(int64_t photo) { return **PhotoTable(dataset_->database()).Get(photo); }

  gre::testing::TemporaryFolder folder_;
  std::unique_ptr<gre::testing::PostgresServer> server_;
  std::unique_ptr<Dataset> dataset_;
  CancellationToken cancellation_;
};

INSTANTIATE_TEST_SUITE_P(Stores, DatasetCheckTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& store) { return std::string(store.param); });

TEST_P(DatasetCheckTest, FindsWhatIsWrong) {
  const RgbImage picture = MakePicture(1);
  const int64_t tiny_copy = Add("tiny", Resize(picture, {120, 120}, ResizeFilter::kBilinear));
  const int64_t first = Add("first", picture);
  const int64_t copy = Add("copy", picture);
  const int64_t near =
      Add("near", *EncodeJpeg(Resize(picture, {260, 260}, ResizeFilter::kBicubic), 60));
  const int64_t other = Add("other", MakePicture(2));
  const int64_t broken = Add("broken", "no picture");
  const int64_t blank = Add("blank", Painted(200, 200, [](int, int) { return 200; }));
  const int64_t drawing =
      Add("drawing", Painted(400, 400, [](int x, int y) { return x > 300 || y < 50 ? 20 : 240; }));
  RgbImage portrait = MakePicture(3);
  for (int y = 0; y < 16; ++y) {
    for (size_t x = 0; x < 16; ++x) {
      uint8_t* pixel = &portrait.pixels[(static_cast<size_t>(y) * 200 + x) * 3];
      pixel[0] = 255;
      pixel[1] = pixel[2] = 0;
    }
  }
  const int64_t face = Add("face", *EncodePng(portrait));
  Photo wanted;
  wanted.id = "wanted";
  wanted.presence = PhotoPresence::kWanted;
  ASSERT_TRUE(PhotoTable(dataset_->database()).Add(wanted).ok());

  CheckSummary summary = Check();
  EXPECT_EQ(summary.photos, 10);
  EXPECT_EQ(summary.looked_at, 9);
  EXPECT_EQ(summary.without_picture, 1);
  EXPECT_EQ(summary.dropped, 5);
  EXPECT_EQ(summary.duplicate_groups, 1);
  EXPECT_EQ(summary.faces, "skipped: none here");
  EXPECT_THAT(Reasons(tiny_copy), ElementsAre("near_duplicate", "tiny"));
  EXPECT_THAT(Reasons(first), IsEmpty());  // the tiny one cannot stand for the group
  EXPECT_THAT(Reasons(copy), ElementsAre("duplicate_file"));
  EXPECT_THAT(Reasons(near), ElementsAre("near_duplicate"));
  EXPECT_EQ(Detail(near), "of first");
  EXPECT_THAT(Reasons(other), IsEmpty());
  EXPECT_THAT(Reasons(broken), ElementsAre("unreadable"));
  EXPECT_THAT(Detail(broken), HasSubstr("broken"));
  EXPECT_THAT(Reasons(blank), ElementsAre("blank"));
  EXPECT_THAT(Reasons(drawing), ElementsAre("graphic (flag)"));
  EXPECT_THAT(Reasons(face), IsEmpty());
  EXPECT_EQ(Get(near).duplicate_group, tiny_copy);
  EXPECT_EQ(Get(other).duplicate_group, other);
  EXPECT_EQ(Get(near).width, 260);

  // other settings, and now with a detector: every photo that can be read is looked at again
  summary = Check({.max_hash_distance = 0, .min_side = 0, .drop_graphics = true}, true);
  EXPECT_EQ(summary.looked_at, 8);
  EXPECT_THAT(Reasons(face), ElementsAre("face"));
  EXPECT_EQ(Detail(face), "a face covers 75 % of it");
  EXPECT_THAT(Reasons(drawing), ElementsAre("graphic"));
  EXPECT_THAT(Reasons(copy), ElementsAre("duplicate_file"));
  EXPECT_EQ(Check({}, true).looked_at, 0);

  std::vector<std::string> listed;
  ASSERT_TRUE(CheckTable(dataset_->database())
                  .ForEachDropped([&](const DroppedPhoto& photo) {
                    listed.push_back(photo.id + " " + photo.reason);
                    return Status();
                  })
                  .ok());
  EXPECT_THAT(listed,
              ElementsAre("tiny near_duplicate", "tiny tiny", "copy duplicate_file",
                          "near near_duplicate", "broken unreadable", "blank blank", "face face"));
}

TEST_P(DatasetCheckTest, DropsWhatBenchmarksHold) {
  const RgbImage picture = MakePicture(1);
  const int64_t copy = Add("copy", Resize(picture, {180, 180}, ResizeFilter::kBilinear));
  const int64_t again = Add("again", Resize(picture, {170, 170}, ResizeFilter::kBilinear));
  const int64_t by_file = Add("by_file", MakePicture(2));
  const int64_t near = Add("near", MakePicture(3), LatLng{48.8584, 2.2945});
  const int64_t far = Add("far", MakePicture(4), LatLng{48.8084, 2.2945});
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tower.jpg", *EncodeJpeg(picture)).ok());
  const std::string hash = Get(by_file).sha256;
  ASSERT_TRUE(WriteFileAtomically(folder_ / "bench.jsonl",
                                  R"({"schema":"gre.benchmark/1","name":"b"}
{"id":"x/tower.jpg","latitude":48.86,"longitude":2.29}
{"id":"y","latitude":null,"longitude":null,"image_sha256":")" +
                                      hash + "\"}\n")
                  .ok());
  CheckSummary summary =
      Check({.benchmarks = {folder_ / "bench.jsonl"}, .benchmark_photos = {folder_.path()}});
  ASSERT_EQ(summary.benchmarks.size(), 1u);
  EXPECT_EQ(summary.benchmarks[0].records, 2u);
  EXPECT_EQ(summary.benchmarks[0].points, 1u);
  EXPECT_EQ(summary.benchmarks[0].photos, 2u);
  EXPECT_EQ(summary.benchmarks[0].photos_missing, 1u);
  EXPECT_THAT(Reasons(copy), ElementsAre("in_benchmark_photo"));
  EXPECT_THAT(Reasons(again), ElementsAre("in_benchmark_photo", "near_duplicate"));
  EXPECT_THAT(Reasons(by_file), ElementsAre("in_benchmark_photo"));
  EXPECT_THAT(Reasons(near), ElementsAre("in_benchmark_place"));
  EXPECT_THAT(Reasons(far), IsEmpty());
  EXPECT_EQ(Check().dropped, 1);  // without a benchmark only `again`

  ASSERT_TRUE(WriteFileAtomically(folder_ / "bad.csv", "id,lat,lon\na,1,2\nb,91,0\n").ok());
  const auto bad = ReadBenchmarkPhotos({folder_ / "bad.csv"}, {}, [](size_t, size_t) {}, {});
  EXPECT_THAT(bad.error().message, HasSubstr("bad.csv:3: expected degrees of latitude"));
}

TEST_P(DatasetCheckTest, AnInterruptedRunGoesOn) {
  constexpr int kPhotos = 140;  // more than one step
  for (int i = 0; i < kPhotos; ++i) {
    Add("p" + std::to_string(i), MakePicture(static_cast<uint64_t>(i % 130), 32));
  }
  int steps = 0;
  const auto no_faces = []() -> Result<std::unique_ptr<FaceDetector>> {
    return Error{ErrorCode::kUnavailable, "none here"};
  };
  const auto interrupted = CheckDataset(
      *dataset_, {.min_side = 0}, no_faces,
      [&](const CheckProgress&) { ++steps == 1 ? cancellation_.Cancel() : void(); }, cancellation_);
  ASSERT_FALSE(interrupted.ok());
  EXPECT_EQ(interrupted.error().code, ErrorCode::kCancelled);
  const CancellationToken fresh;
  const auto summary = CheckDataset(
      *dataset_, {.min_side = 0}, no_faces, [](const CheckProgress&) {}, fresh);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_LT(summary->looked_at, kPhotos);
  EXPECT_GT(summary->looked_at, 0);
  EXPECT_EQ(summary->duplicate_groups, 10);
  EXPECT_EQ(summary->dropped, 10);
}

}  // namespace
}  // namespace gre
