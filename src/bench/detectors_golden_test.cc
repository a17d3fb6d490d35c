// Real replies of four models: no warning but one, which is right.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/detectors.h"
#include "bench/predictions_file.h"
#include "bench/truth_file.h"

namespace gre {
namespace {

std::vector<std::string> KindsOf(const std::string& folder, const std::string& model) {
  const auto truth = ReadTruth(folder + "/ground_truth.csv");
  const auto file = ReadPredictions(folder + "/" + model + ".jsonl", {.keep_text = true});
  EXPECT_TRUE(truth.ok() && file.ok());
  const auto matching = MatchPredictions(truth->records, file->predictions);
  EXPECT_TRUE(matching.ok());
  std::vector<std::string> kinds;
  for (const BenchWarning& warning : DetectProblems(truth->records, file->predictions, *matching)) {
    kinds.push_back(warning.kind + ": " + warning.message);
  }
  return kinds;
}

TEST(DetectProblemsGolden, RealOutputsAreSilentOrExplained) {
  const char* data = std::getenv("GRE_SHARED_DATA");
  if (data == nullptr) GTEST_SKIP() << "skipped: GRE_SHARED_DATA is not set";
  const std::string folder = std::string(data) + "/vlm_outputs";
  EXPECT_THAT(KindsOf(folder, "gpt-4.1"), testing::IsEmpty());
  EXPECT_THAT(KindsOf(folder, "gemini-2.5-flash"), testing::IsEmpty());
  EXPECT_THAT(KindsOf(folder, "Llama-3.2-90B-Vision-Instruct-Turbo"), testing::IsEmpty());
  // It writes 0.0, 0.0 where it names no place.
  EXPECT_THAT(KindsOf(folder, "claude-3-5-haiku-20241022"),
              testing::ElementsAre(testing::HasSubstr("placeholder: 6 of 2")));
}

}  // namespace
}  // namespace gre
