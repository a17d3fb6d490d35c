#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"
#include "weights/weights_index.h"

namespace gre {
namespace {

using testing::HasSubstr;

// A file image with this header text and `data` bytes after it.
std::string Image(const std::string& header, size_t data) {
  std::string image(8, '\0');
  for (size_t i = 0; i < 8; ++i) image[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return image + header + std::string(data, '\x01');
}

Result<SafetensorsHeader> Parse(const std::string& image) {
  return ParseSafetensorsHeader(std::as_bytes(std::span(image)));
}

std::string ParseError(const std::string& image) {
  const auto header = Parse(image);
  return header.ok() ? "" : header.error().message;
}

TEST(SafetensorsTest, ReadsTensorsInFileOrder) {
  const std::string header = R"({"b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},)"
                             R"("a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
                             R"("scalar":{"dtype":"U8","shape":[],"data_offsets":[12,13]},)"
                             R"("none":{"dtype":"F32","shape":[0,3],"data_offsets":[13,13]},)"
                             R"("__metadata__":{"format":"pt"}}   )";
  const auto parsed = Parse(Image(header, 13));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_EQ(parsed->tensors.size(), 4u);
  EXPECT_EQ(parsed->tensors[0].name, "a");
  EXPECT_EQ(parsed->tensors[1].offset, 8 + header.size() + 4);
  EXPECT_EQ(parsed->tensors[1].size, 8u);
  EXPECT_EQ(parsed->metadata.at("format"), "pt");
}

TEST(SafetensorsTest, RefusesEveryInconsistencyByName) {
  const auto one = [](const std::string& entry, size_t data = 8) {
    return ParseError(Image("{\"t\":" + entry + "}", data));
  };
  EXPECT_THAT(ParseError("abc"), HasSubstr("found 3 bytes"));
  EXPECT_THAT(ParseError(std::string(9, '\xff')), HasSubstr("over the limit"));
  EXPECT_THAT(ParseError(Image("{}", 0).replace(0, 1, "\x40")), HasSubstr("truncated"));
  EXPECT_THAT(ParseError(Image("[]", 0)), HasSubstr("expected a JSON object"));
  EXPECT_THAT(one(R"({"dtype":"F33","shape":[2],"data_offsets":[0,8]})"),
              HasSubstr("tensor 't': unknown dtype"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
              HasSubstr("expected 12 bytes for F32 [3], found 8"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,8]})"),
              HasSubstr("non-negative integers"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
              HasSubstr("expected whole bytes"));
  EXPECT_THAT(one(R"({"dtype":"F4","shape":[3],"data_offsets":[0,8]})"),
              HasSubstr("expected whole bytes"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"),
              HasSubstr("begin <= end"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})", 12),
              HasSubstr("hole or overlap"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 7),
              HasSubstr("truncated file: its data ends at byte 8, the file holds 7"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 9),
              HasSubstr("expected 8 bytes of data, found 9"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2]})"), HasSubstr("data_offsets"));
  EXPECT_THAT(ParseError(Image(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                               R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                               2)),
              HasSubstr("duplicate"));
  EXPECT_THAT(ParseError(Image(R"({"__metadata__":{"x":1}})", 0)), HasSubstr("__metadata__"));
}

TEST(WeightsIndexTest, ReadsTheMapAndRefusesEverythingElseByName) {
  const auto map = ParseWeightsIndex(R"({"metadata":{},"weight_map":{"a":"x.safetensors"}})");
  ASSERT_TRUE(map.ok()) << map.error().message;
  EXPECT_EQ(map->at("a"), "x.safetensors");
  const auto error = [](const std::string& json) {
    const auto wrong = ParseWeightsIndex(json);
    return wrong.ok() ? "" : wrong.error().message;
  };
  EXPECT_THAT(error("[]"), HasSubstr("weight_map: expected an object"));
  EXPECT_THAT(error(R"({"weight_map":{}})"), HasSubstr("found {}"));
  EXPECT_THAT(error(R"({"weight_map":{"a":7}})"),
              HasSubstr("weight_map.a: expected a plain file name, found 7"));
  for (const char* name : {"../x", ".x", "a/b", "a\\\\b", "a\\u0000b", ""}) {
    EXPECT_THAT(error(R"({"weight_map":{"a":")" + std::string(name) + "\"}}"),
                HasSubstr("plain file name"))
        << name;
  }
}

TEST(CheckpointTest, AnIndexBesideASingleFileIsNoted) {
  std::string folder = (std::filesystem::temp_directory_path() / "gre_weights_XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::vector<float> values = {1.5f};
  const TensorData tensor = {"a", TensorDtype::kF32, {1}, std::as_bytes(std::span(values))};
  ASSERT_TRUE(WriteSafetensors(folder + "/model.safetensors", {tensor}).ok());
  EXPECT_TRUE(Checkpoint::OpenDirectory(folder)->notes().empty());
  ASSERT_TRUE(WriteSafetensors(folder + "/shard.safetensors", {tensor}).ok());
  ASSERT_TRUE(WriteFileAtomically(folder + "/model.safetensors.index.json",
                                  R"({"weight_map":{"a":"shard.safetensors"}})")
                  .ok());
  const auto checkpoint = Checkpoint::OpenDirectory(folder);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  EXPECT_THAT(checkpoint->notes(),
              testing::ElementsAre(HasSubstr("model.safetensors is not read")));
  EXPECT_EQ(checkpoint->files()[0].name, "shard.safetensors");
  std::filesystem::remove_all(folder);
}

TEST(SafetensorsTest, WrittenFilesReadBackAndAreStable) {
  std::string pattern = (std::filesystem::temp_directory_path() / "gre_weights_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::string path = pattern + "/model.safetensors";
  const std::vector<float> wide = {1.5f, -2.0f, 3.0f};
  const std::vector<uint8_t> bytes = {7, 8, 9, 10, 11};
  const std::vector<TensorData> tensors = {
      {"bytes", TensorDtype::kU8, {5}, std::as_bytes(std::span(bytes))},
      {"wide", TensorDtype::kF32, {3, 1}, std::as_bytes(std::span(wide))}};
  ASSERT_TRUE(WriteSafetensors(path, tensors).ok());
  const auto checkpoint = Checkpoint::OpenDirectory(pattern);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  const auto* tensor = checkpoint->Find("wide");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->entry.offset % 8, 0u);
  EXPECT_EQ(std::memcmp(tensor->bytes().data(), wide.data(), sizeof(float) * wide.size()), 0);
  EXPECT_EQ(checkpoint->Find("bytes")->bytes()[4], std::byte{11});
  tensor->Release();
  EXPECT_EQ(std::memcmp(tensor->bytes().data(), wide.data(), sizeof(float) * wide.size()), 0);

  const std::string content = ReadFile(path).value();
  ASSERT_TRUE(WriteSafetensors(path, {tensors[1], tensors[0]}).ok());
  EXPECT_EQ(ReadFile(path).value(), content);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace gre
