#include "image/decode.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "image/encode.h"
#include "image/orient.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

RgbImage Gradient(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.insert(image.pixels.end(), {static_cast<uint8_t>(255 * x / width),
                                               static_cast<uint8_t>(255 * y / height), 128});
    }
  }
  return image;
}

void ExpectRefused(std::string_view bytes, const std::string& reason,
                   const DecodeLimits& limits = {}) {
  const Result<RgbImage> image = DecodeImage(bytes, "photo.x", limits);
  ASSERT_FALSE(image.ok()) << reason;
  EXPECT_EQ(image.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(image.error().message, StartsWith("photo.x: "));
  EXPECT_THAT(image.error().message, HasSubstr(reason));
  EXPECT_EQ(image.error().message.find('\n'), std::string::npos);
}

// A PNG file that claims a size; its pixels are missing.
std::string PngHeader(uint32_t width, uint32_t height) {
  std::string png = EncodePng(Gradient(4, 4)).value();
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) {
      png[at + i] = static_cast<char>(value >> (24 - 8 * i));
    }
  };
  put(16, width);
  put(20, height);
  uint32_t crc = 0xFFFFFFFF;  // of the chunk type and its data, as PNG asks
  for (size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(png[i]);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc & 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
    }
  }
  put(29, ~crc);
  return png;
}

TEST(DecodeTest, PngKeepsEveryByteAndJpegComesClose) {
  const RgbImage image = Gradient(123, 77);
  const auto png = DecodeImage(EncodePng(image).value(), "a.png");
  ASSERT_TRUE(png.ok()) << png.error().message;
  EXPECT_EQ(png->pixels, image.pixels);
  const auto jpeg = DecodeImage(EncodeJpeg(image, 95).value(), "a.jpg");
  ASSERT_TRUE(jpeg.ok());
  ASSERT_EQ(jpeg->pixels.size(), image.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    ASSERT_NEAR(jpeg->pixels[i], image.pixels[i], 12);
  }
}

TEST(DecodeTest, RefusesWhatIsNoPicture) {
  ExpectRefused("", "the file is empty");
  ExpectRefused("hello", "not a picture");
  ExpectRefused("  <!DOCTYPE html><html></html>", "it is a web page");
  ExpectRefused("%PDF-1.7", "it is a PDF document");
  ExpectRefused("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "not a picture");
  ExpectRefused("P3 1 1 255 0 0 0", "not a picture");  // libvips would read it; nobody needs it
  ExpectRefused("\xFF\xD8\xFF\xE0", "truncated or damaged JPEG");
  EXPECT_EQ(DecodeImageFile("/nonexistent/photo.jpg").error().code, ErrorCode::kNotFound);
}

// Found by fuzzing: the look at byte 8 threw.
TEST(DecodeTest, RiffWithoutForm) { ExpectRefused("RIFF\x08", "not a picture"); }

TEST(DecodeTest, EveryTruncationOfAJpegAndAPngIsRefused) {
  for (const std::string& bytes :
       {EncodeJpeg(Gradient(64, 64)).value(), EncodePng(Gradient(64, 64)).value()}) {
    for (size_t length = 8; length + 16 < bytes.size(); length += 37) {
      ExpectRefused(std::string_view(bytes).substr(0, length), "truncated or damaged");
    }
  }
}

TEST(DecodeTest, LimitsHoldBeforeAnyPixelIsDecoded) {
  ExpectRefused(PngHeader(50'000, 1'000), "50000x1000 pixels exceed the limit of 40000 for a side");
  ExpectRefused(PngHeader(20'000, 20'000), "limit of 100 megapixels");
  ExpectRefused(PngHeader(2'010, 10), "more than 200 times");
  DecodeLimits limits;
  limits.max_file_bytes = 10;
  ExpectRefused(EncodePng(Gradient(64, 64)).value(), "more than the limit of 10", limits);
}

// Found by fuzzing: libvips allocates a WebP file's whole canvas while it reads the header.
TEST(DecodeTest, WebpClaimsAreJudgedBeforeTheHeaderIsRead) {
  using namespace std::string_literals;
  const std::string head = "RIFF\x2E\0\0\0WEBP"s;
  ExpectRefused(head + "VP8X\x0A\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF"s,
                "16777216x16777216 pixels exceed");
  ExpectRefused(head + "VP8L\x21\0\0\0\x2F\xFF\xFF\xFF\x0F\0\0\0\0\0"s,
                "16384x16384 pixels exceed the limit of 100 megapixels");
  ExpectRefused(head + "VP8 \x21\0\0\0\0\0\0\x9D\x01\x2A\xFF\x3F\xFF\x3F"s,
                "16383x16383 pixels exceed the limit of 100 megapixels");
}

TEST(DecodeTest, NoisyBytesNeverCrash) {
  Random random(5);
  for (const std::string& bytes :
       {EncodeJpeg(Gradient(40, 40)).value(), EncodePng(Gradient(40, 40)).value()}) {
    for (int round = 0; round < 100; ++round) {
      std::string broken = bytes;
      for (int i = 0; i < 4; ++i) {
        broken[random.Below(broken.size())] = static_cast<char>(random.Below(256));
      }
      const auto image = DecodeImage(broken, "broken");
      EXPECT_TRUE(image.ok() || image.error().message.find('\n') == std::string::npos);
    }
  }
}

TEST(DecodeTest, ThreadsDoNotDisturbEachOther) {
  const RgbImage image = Gradient(200, 150);
  const std::string good = EncodePng(image).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        if (t % 2 == 0) {
          EXPECT_EQ(DecodeImage(good, "good").value().pixels, image.pixels);
        } else {
          EXPECT_FALSE(DecodeImage(std::string_view(good).substr(0, 300), "bad").ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// Each code undoes the way its writer stored the picture; checked on corners of a 2x3 picture.
TEST(OrientTest, AllEightCodes) {
  // upright: A B / C D / E F
  const auto letters = [](int width, int height, const std::string& text) {
    RgbImage image{width, height, {}};
    for (const char c : text) {
      image.pixels.insert(image.pixels.end(), 3, static_cast<uint8_t>(c));
    }
    return image;
  };
  const RgbImage upright = letters(2, 3, "ABCDEF");
  const std::pair<int, RgbImage> stored[] = {
      {1, letters(2, 3, "ABCDEF")}, {2, letters(2, 3, "BADCFE")}, {3, letters(2, 3, "FEDCBA")},
      {4, letters(2, 3, "EFCDAB")}, {5, letters(3, 2, "ACEBDF")}, {6, letters(3, 2, "BDFACE")},
      {7, letters(3, 2, "FDBECA")}, {8, letters(3, 2, "ECAFDB")},
  };
  for (const auto& [code, image] : stored) {
    const RgbImage result = ApplyOrientation(image, code);
    EXPECT_EQ(result.width, 2) << code;
    EXPECT_EQ(result.pixels, upright.pixels) << code;
  }
  EXPECT_EQ(ApplyOrientation(upright, 9).pixels, upright.pixels);
}

TEST(EncodeTest, CarriesNoMetadata) {
  const std::string jpeg = EncodeJpeg(Gradient(16, 16)).value();
  EXPECT_EQ(jpeg.find("Exif"), std::string::npos);
  EXPECT_EQ(jpeg.find("ICC_PROFILE"), std::string::npos);
}

}  // namespace
}  // namespace gre
