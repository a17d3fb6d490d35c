// BERTScore-type pairs of all-MiniLM-L6-v2's token vectors.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "bench/chains/bert_score.h"
#include "bench/chains/clip_score.h"
#include "core/file.h"
#include "core/json.h"

namespace gre {
namespace {

// Float tensors of a small safetensors file.
class Tensors {
 public:
  explicit Tensors(const std::string& bytes) : bytes_(bytes) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    header_ = ParseJson(std::string_view(bytes_).substr(8, length)).value();
    data_ = 8 + length;
  }
  [[nodiscard]] std::vector<float> Get(const std::string& name) const {
    const Json& offsets = header_[name]["data_offsets"];
    const size_t begin = offsets[0];
    const size_t end = offsets[1];
    std::vector<float> values((end - begin) / sizeof(float));
    std::memcpy(values.data(), bytes_.data() + data_ + begin, end - begin);
    return values;
  }

 private:
  std::string bytes_;
  Json header_;
  size_t data_ = 0;
};

TEST(BertScoreGoldenTest, MeetsThePairs) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  if (goldens == nullptr) GTEST_SKIP() << "GRE_GOLDENS is not set: no golden results to compare";
  const std::string folder = std::string(goldens) + "/minilm";
  const Json cases = ReadJsonFile(folder + "/cases.json").value();
  const Tensors tensors(ReadFile(folder + "/tensors.safetensors").value());
  // Without the begin and the end token.
  const auto tokens = [&](int index) {
    const auto ids = cases["cases"][index]["ids"].get<std::vector<int32_t>>();
    std::vector<float> values = tensors.Get(std::to_string(index) + ".tokens");
    const auto width = static_cast<long>(values.size() / ids.size());
    return TokenVectors{{ids.begin() + 1, ids.end() - 1},
                        width,
                        {values.begin() + width, values.end() - width},
                        false};
  };
  ASSERT_FALSE(cases["pairs"].empty());
  for (const Json& pair : cases["pairs"]) {
    const int candidate = pair["candidate"];
    const int reference = pair["reference"];
    const auto score = ComputeBertScore(tokens(candidate), tokens(reference));
    ASSERT_TRUE(score);
    EXPECT_NEAR(score->precision, pair["precision"], 1e-6);
    EXPECT_NEAR(score->recall, pair["recall"], 1e-6);
    EXPECT_NEAR(score->f1, pair["f1"], 1e-6);
    EXPECT_NEAR(Cosine(tensors.Get(std::to_string(candidate) + ".embedding"),
                       tensors.Get(std::to_string(reference) + ".embedding")),
                pair["cosine"], 1e-6);
  }
}

}  // namespace
}  // namespace gre
